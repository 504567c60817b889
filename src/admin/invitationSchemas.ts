/** Invitations and invite links as the document shows them. */
import { MOST_ADDRESSES } from "../directory/invitations/invite.ts";
import { invitationStatuses } from "../directory/invitations/invitations.store.ts";
import { languages } from "../mail/message.ts";
import { email, entrances, line, NO_NUL, personName } from "./memberSchemas.ts";
import type { Schema } from "./route.ts";
import { arrayOf, boolean, id, instant, nullable, object, record, ref, text } from "./schemas.ts";

const slug: Schema = { type: "string", minLength: 1, maxLength: 64, pattern: NO_NUL };
const whole: Schema = { type: "integer", minimum: 0 };
const creator: Schema = {
  ...text,
  description:
    "`operator`, or the kind and id of who made it; it gives what they may give at the moment of acceptance.",
};

const invitation: Schema = record({
  id: { ...id, description: "That of the invited member." },
  email: text,
  name: record({ givenName: nullable(text), familyName: nullable(text) }),
  roles: { ...arrayOf(text), description: "Roles and templates; none = what the tenant's settings give newcomers." },
  status: {
    type: "string",
    enum: invitationStatuses,
    description: "`void`: joined by another way, as by the directory.",
  },
  entrance: { type: "string", enum: entrances },
  seat: { type: "string", enum: ["held", "waiting", "none"] },
  sendEmail: { ...boolean, description: "Whether it went by mail, and so proves the mailbox." },
  invitedBy: creator,
  sentAt: instant,
  expiresAt: instant,
  endedAt: { ...nullable(instant), description: "When it was accepted, expired or was revoked." },
  createdAt: instant,
});

const quota: Schema = {
  ...record({
    kind: { type: "string", enum: ["none", "daily", "total"] },
    max: nullable(whole),
    remaining: { ...nullable(whole), description: "Null = no end to it." },
    resetsAt: { ...nullable(instant), description: "Of a daily one: the next midnight in UTC." },
  }),
  description: "Of invitations by address; those that are sent again and invite links take none.",
};

const result: Schema = record({
  email: { ...text, description: "As it is kept; as it was written where it is no address." },
  status: {
    type: "string",
    enum: ["invited", "created", "alreadyInvited", "alreadyMember", "refused"],
    description: "`created`: joined at once, by a temporary password.",
  },
  code: { ...nullable(text), description: "Why not, where it is neither `invited` nor `created`." },
  detail: nullable(text),
  memberId: { ...nullable(id), description: "Of the invited, or of who has the address." },
  seat: {
    anyOf: [{ type: "string", enum: ["held", "free", "none", "refused", "downgraded", "waiting"] }, { type: "null" }],
    description:
      "`held`: theirs; `free`: there is one when they accept, if nobody is faster; `none`: needs none. Without a free " +
      "one they are refused at acceptance, come in without, or wait, as the settings say.",
  },
  invitation: { anyOf: [ref("Invitation"), { type: "null" }] },
  link: { ...nullable(text), description: "Without mail alone, and shown this once; it proves no mailbox." },
  temporaryPassword: {
    ...nullable(text),
    description: "To hand over; shown this once, and changed at the first sign-in.",
  },
});

export const invitationSchemas: Readonly<Record<string, Schema>> = {
  Invitation: invitation,
  InvitationQuota: quota,
  InvitationResult: result,
  Invite: object(
    {
      emails: arrayOf({ ...email, minLength: 1 }, { minItems: 1, maxItems: MOST_ADDRESSES }),
      name: { ...personName, description: "Where one address is invited." },
      jobTitle: { ...line(200), description: "Likewise." },
      roles: {
        ...arrayOf(slug, { minItems: 1, maxItems: 50, uniqueItems: true }),
        description: "Roles, and templates that add to them. Left out: what the tenant's settings give newcomers.",
      },
      team: { type: "string", minLength: 1, maxLength: 200, pattern: NO_NUL, description: "By name or id." },
      sendEmail: { ...boolean, description: "Yes unless said. No: each link is in the answer." },
    },
    ["emails"],
  ),
  Invited: record({
    results: { ...arrayOf(ref("InvitationResult")), description: "One for each address, in their order." },
    seats: record({ limit: nullable(whole), used: whole, remaining: nullable(whole) }),
    quota: ref("InvitationQuota"),
  }),
};

export const acceptSchemas: Readonly<Record<string, Schema>> = {
  Acceptance: object(
    {
      token: { type: "string", minLength: 1, maxLength: 200 },
      name: { ...personName, description: "What you are called, where the inviter did not say; needed for a link." },
      password: {
        type: "string",
        minLength: 1,
        maxLength: 256,
        description: "Of the account that the address has; where it has none, a new one.",
      },
      code: {
        type: "string",
        minLength: 6,
        maxLength: 40,
        description: "Where the account has a second factor: after 401 `second_factor_required`.",
      },
      email: { ...email, minLength: 1, description: "For an invite link alone: an invitation knows its address." },
      language: { type: "string", enum: [...languages], description: "Of letters to you." },
    },
    ["token"],
  ),
  Accepted: record({
    status: {
      type: "string",
      enum: ["joined", "confirm", "signIn"],
      description:
        "`joined`: is a member now. `confirm`: a mail is on its way that proves the mailbox; what it holds goes to " +
        "`confirmRegistration`. `signIn`: is a member already, by this account or with this address.",
    },
    tenant: record({ id, slug: text, name: text }),
    member: {
      anyOf: [
        record({
          id,
          email: nullable(text),
          roles: arrayOf(text),
          seat: { type: "string", enum: ["held", "waiting", "none"] },
        }),
        { type: "null" },
      ],
    },
    signInUrl: text,
  }),
};

const link = {
  id: { ...id, description: "Another one when the link is made anew." },
  role: text,
  expiresAt: nullable(instant),
  maxUses: nullable({ type: "integer", minimum: 1 }),
  uses: { ...whole, description: "How many have joined by it." },
  allowedDomains: arrayOf(text),
  createdBy: creator,
  createdAt: instant,
};

export const inviteLinkSchemas: Readonly<Record<string, Schema>> = {
  InviteLink: record(link),
  MadeInviteLink: record({ ...link, url: { ...text, description: "Its address, shown this once." } }),
  NewInviteLink: object({
    expiresAt: { ...nullable(instant), description: "Null or left out = never." },
    maxUses: {
      ...nullable({ type: "integer", minimum: 1, maximum: 1_000_000 }),
      description: "How many may join by it; null or left out = as many as like.",
    },
    allowedDomains: {
      ...arrayOf({ type: "string", minLength: 1, maxLength: 253 }, { maxItems: 50, uniqueItems: true }),
      description: "Whose addresses alone may join by it, exactly; none or left out = any.",
    },
  }),
};
