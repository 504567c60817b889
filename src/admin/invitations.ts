/** Invitations: by address, one or many, each with its own outcome; and accepting them. */
import { Refusal } from "../base/errors.ts";
import { acceptInvitation } from "../directory/invitations/accept.ts";
import {
  inviteMany,
  previewInvites,
  type InviteOutcome,
  type InviteResult,
  type InviteWish,
} from "../directory/invitations/invite.ts";
import {
  invitationsOf,
  listInvitations,
  resendInvitation,
  revokeInvitation,
} from "../directory/invitations/invitations.ts";
import {
  type Invitation,
  invitationStatuses,
  type InvitationStatus,
} from "../directory/invitations/invitations.store.ts";
import { readQuota } from "../directory/invitations/inviteQuota.ts";
import { invitationUrl } from "../directory/invitations/inviteToken.ts";
import { acceptLink } from "../directory/invitations/linkJoining.ts";
import type { PersonName } from "../directory/members/memberEdits.ts";
import { SignInStopped } from "../directory/signIn/signInStopped.ts";
import type { Tenant } from "../directory/tenants/tenant.ts";
import { writtenBy } from "../directory/tenants/credential.ts";
import type { Language } from "../mail/message.ts";
import { acceptSchemas, invitationSchemas } from "./invitationSchemas.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { Call, JsonAnswer, Resource, Route, TenantCall } from "./route.ts";
import { boolean, json, nothing, nullable, pageOf, pageQuery, record, ref, text } from "./schemas.ts";
import { stopped } from "./stopped.ts";

const routes: readonly Route[] = [
  {
    scope: "tenant",
    method: "GET",
    path: "/tenants/{t}/invitations",
    operationId: "listInvitations",
    summary: "List invitations, the oldest first",
    permission: "invitations:view",
    query: { status: { type: "string", enum: invitationStatuses }, ...pageQuery },
    responses: { 200: json("A page of invitations.", pageOf(ref("Invitation"))) },
    handle: list,
  },
  {
    scope: "tenant",
    method: "POST",
    path: "/tenants/{t}/invitations",
    operationId: "invite",
    summary: "Invite people by their addresses; each has an outcome of its own",
    permission: "invitations:create",
    query: { dryRun: { ...boolean, default: false, description: "What would happen; nothing is written or sent." } },
    body: ref("Invite"),
    responses: {
      200: json("What would become of each, or that nobody was invited.", ref("Invited")),
      201: json("What became of each.", ref("Invited")),
    },
    handle: invite,
  },
  {
    scope: "tenant",
    method: "GET",
    path: "/tenants/{t}/invitations/quota",
    operationId: "getInvitationQuota",
    summary: "How many invitations may still be made",
    permission: "invitations:view",
    responses: { 200: json("The quota.", ref("InvitationQuota")) },
    handle: async ({ db, who, tenant }) => ({ status: 200, body: await readQuota(db, who, tenant) }),
  },
  {
    scope: "tenant",
    method: "POST",
    path: "/tenants/{t}/invitations/{id}/resend",
    operationId: "resendInvitation",
    summary: "Send an invitation again, with a new token and time; the one before is dead at once",
    permission: "invitations:create",
    query: { sendEmail: { ...boolean, description: "As it went before unless said." } },
    responses: {
      200: json(
        "The invitation as it is now.",
        record({ invitation: ref("Invitation"), link: { ...nullable(text), description: "Without mail alone." } }),
      ),
    },
    handle: resend,
  },
  {
    scope: "tenant",
    method: "DELETE",
    path: "/tenants/{t}/invitations/{id}",
    operationId: "revokeInvitation",
    summary: "Revoke an invitation at once; whoever was invited stays on the list, to be asked again or removed",
    permission: "invitations:delete",
    responses: { 204: nothing },
    handle: revoke,
  },
  {
    scope: "server",
    method: "POST",
    path: "/invitations/accept",
    operationId: "acceptInvitation",
    summary: "Accept an invitation, or join by an invite link; the page carries the token in the URL's fragment",
    permission: "public",
    body: ref("Acceptance"),
    responses: {
      200: json("In, or a member already.", ref("Accepted")),
      202: json("A mail is on its way.", ref("Accepted")),
    },
    handle: accept,
  },
];

export const invitations: Resource = {
  tag: "Invitations",
  description:
    "Somebody who is invited is a member with the status `invited`, and joins by the link that they are mailed, by " +
    "signing in through the tenant's identity provider, or by being pushed by the directory. Where the settings want it, " +
    "they are members at once with a temporary password.",
  schemas: { ...invitationSchemas, ...acceptSchemas },
  routes,
};

async function list({ db, who, query }: TenantCall<PageQuery & { status?: InvitationStatus }>): Promise<JsonAnswer> {
  const page = await listInvitations(db, who, query.status ?? null, { limit: query.limit, place: idPlace(query) });
  return { status: 200, body: idPage(page, shown) };
}

function shown({ mailed, creatorType, creatorId, ...invitation }: Invitation): Record<string, unknown> {
  const { serial: _, ...known } = invitation;
  const invitedBy = writtenBy({ type: creatorType, ...(creatorId !== null && { id: creatorId }) });
  return { ...known, sendEmail: mailed, invitedBy };
}

interface Body {
  readonly emails: readonly string[];
  readonly name?: PersonName;
  readonly jobTitle?: string;
  readonly roles?: readonly string[];
  readonly team?: string;
  readonly sendEmail?: boolean;
}

async function invite(call: TenantCall<{ dryRun: boolean }, Body>): Promise<JsonAnswer> {
  const { query, permissions } = call;
  const who = { ...call.who, permissions };
  const wish = wishOf(call.body);
  if (query.dryRun) return { status: 200, body: await results(call, await previewInvites(call, who, wish)) };
  const outcome = await inviteMany(call, who, wish);
  const anybody = outcome.results.some(({ status }) => status === "invited" || status === "created");
  return { status: anybody ? 201 : 200, body: await results(call, outcome) };
}

function wishOf({ emails, sendEmail = true, name, jobTitle, roles, team }: Body): InviteWish {
  if (emails.length > 1 && (name !== undefined || jobTitle !== undefined)) {
    const message = "is one person's: invite that one alone";
    const path = name === undefined ? "/jobTitle" : "/name";
    throw new Refusal("invalid_request", `${path.slice(1)} ${message}.`, { errors: [{ path, message }] });
  }
  return { invitations: emails.map((email) => ({ email, name, jobTitle, roles, team })), sendEmail };
}

async function results({ db, who, publicUrl }: TenantCall, outcome: InviteOutcome): Promise<Record<string, unknown>> {
  const ids = outcome.results.flatMap(({ memberId }) => memberId ?? []);
  const known = await invitationsOf(db, who, ids);
  const each = ({ token, ...result }: InviteResult): Record<string, unknown> => {
    const invitation = result.memberId === null ? undefined : known.get(result.memberId);
    return {
      ...result,
      invitation: invitation ? shown(invitation) : null,
      link: token && invitationUrl(publicUrl, token),
    };
  };
  return { ...outcome, results: outcome.results.map(each) };
}

async function resend(call: TenantCall<{ sendEmail?: boolean }>): Promise<JsonAnswer> {
  const who = { ...call.who, permissions: call.permissions };
  const { invitation, token } = await resendInvitation(call, who, idOf(call), call.query.sendEmail);
  const link = token && invitationUrl(call.publicUrl, token);
  return { status: 200, body: { invitation: shown(invitation), link } };
}

async function revoke(call: TenantCall): Promise<JsonAnswer> {
  await revokeInvitation(call.db, call.who, idOf(call));
  return { status: 204 };
}

interface Acceptance {
  readonly token: string;
  readonly name?: PersonName;
  readonly password?: string;
  readonly code?: string;
  readonly email?: string;
  readonly language?: Language;
}

async function accept(call: Call): Promise<JsonAnswer> {
  const body = call.body as Acceptance;
  return stopped((isLink(body.token) ? byLink(call, body) : byInvitation(call, body)).catch(factorNeeded));
}

function isLink(token: string): boolean {
  return token.startsWith("usj_");
}

async function byInvitation(call: Call, body: Acceptance): Promise<JsonAnswer> {
  const { tenant, member } = await acceptInvitation(call, systemOf(call), body, call.from.ip);
  const { id, email, roles, seat } = member;
  return { status: 200, body: answer(call, tenant, "joined", { id, email, roles, seat }) };
}

async function byLink(call: Call, { token, email, name, password, code, language }: Acceptance): Promise<JsonAnswer> {
  if (email === undefined || name === undefined || password === undefined) throw incomplete({ email, name, password });
  const given = { token, email, name, password, code, language };
  const { tenant, joined } = await acceptLink(call, systemOf(call), given, call.from.ip);
  if (joined === null) return { status: 202, body: answer(call, tenant, "confirm", null) };
  return { status: 200, body: answer(call, tenant, joined === "joined" ? "joined" : "signIn", null) };
}

function incomplete(given: Readonly<Record<string, unknown>>): Refusal {
  const message = "is missing: a link knows nobody, so say who you are";
  const missing = Object.keys(given).filter((field) => given[field] === undefined);
  const errors = missing.map((field) => ({ path: `/${field}`, message }));
  return new Refusal("invalid_request", `${missing.join(", ")} ${message}.`, { errors });
}

function answer(
  { publicUrl }: Call,
  { id, slug, name }: Pick<Tenant, "id" | "slug" | "name">,
  status: "joined" | "confirm" | "signIn",
  member: object | null,
): Record<string, unknown> {
  const signInUrl = `${publicUrl}/sso/start?${new URLSearchParams({ tenant: slug })}`;
  return { status, tenant: { id, slug, name }, member, signInUrl };
}

function systemOf({ now }: Call): { actor: { type: "system" }; now: Date } {
  return { actor: { type: "system" }, now };
}

function factorNeeded(error: unknown): never {
  if (!(error instanceof SignInStopped) || error.code !== "factor_needed") throw error;
  throw new Refusal("second_factor_required", "The account has a second factor: send its code along.");
}

function idOf({ params }: TenantCall): string {
  return params["id"] ?? "";
}
