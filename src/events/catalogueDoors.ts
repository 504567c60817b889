import {
  type CatalogueEntry,
  attributes,
  count,
  id,
  list,
  mayMove,
  moment,
  moved,
  name,
  oneOf,
  orNull,
  text,
  whole,
} from "./catalogueFields.ts";
import type { EventType } from "./event.ts";

const expiresAt = orNull(moment("Null = never."));
const permissions = list("What its holder may do.", ["members:view"]);
const protocol = oneOf("What it speaks.", "saml", "oidc");
const domain = text("The domain, in its ASCII form.", "example.com");

const joinReason = oneOf(
  "Why: the domain wants it for each, or the address carries a tag or is that of a role.",
  "approval",
  "plusTag",
  "roleMailbox",
);

const setUp = {
  linkId: id("The setup link."),
  kind: oneOf("What it is.", "connection", "scim_token"),
  thing: id("The connection or token."),
};

/** By what people and programs come in: directories, credentials, connections, domains. */
export const doorEvents = {
  "directory.created": {
    description: "A directory was added, which may push members by SCIM.",
    target: "directory",
    data: { name, provider: text("The product that it is.", "okta") },
  },
  "directory.updated": {
    description: "A directory was renamed, or is another product.",
    target: "directory",
    data: { attributes },
  },
  "directory.switched_off": {
    description:
      "A directory with many members was switched off: its tokens are dead, and its members leave it by a job.",
    target: "directory",
    data: {
      name,
      members: count("How many it had.", 4000),
      fate: oneOf("Whether they are kept or suspended.", "keep", "suspend"),
      reconciliationId: id("The job's id in the API."),
    },
  },
  "directory.deleted": {
    description: "A directory was deleted, with its tokens and groups; its members are in human hands.",
    target: "directory",
    data: {
      name,
      members: count("How many it had.", 40),
      fate: oneOf("Whether they were kept or suspended.", "keep", "suspend"),
    },
  },
  "scim_token.created": {
    description: "A token was made with which a directory pushes.",
    target: "scim_token",
    data: {
      name: { ...name, example: "Okta production" },
      directoryId: id("The directory."),
      dialect: oneOf("How strictly it is read.", "tolerant", "rfc", "interop"),
      expiresAt,
    },
  },
  "scim_token.revoked": {
    description: "A SCIM token was revoked.",
    target: "scim_token",
    data: { name: { ...name, example: "Okta production" }, directoryId: id("The directory.") },
  },
  "api_key.created": {
    description: "A key to the admin API was made.",
    target: "api_key",
    data: { name: { ...name, example: "Billing" }, permissions, expiresAt },
  },
  "api_key.revoked": {
    description: "A key to the admin API was revoked.",
    target: "api_key",
    data: { name: { ...name, example: "Billing" } },
  },
  "connection.created": {
    description: "A connection for single sign-on was made, as a draft.",
    target: "connection",
    data: { name: { ...name, example: "Okta" }, protocol, provider: text("The product that it is.", "okta") },
  },
  "connection.updated": {
    description: "A connection was changed, enabled or disabled. What its secrets are is told nowhere.",
    target: "connection",
    data: {
      attributes: { ...attributes, example: ["status"] },
      status: mayMove(oneOf("Where it stands.", "enabled", "draft", "tested", "disabled"), "tested"),
    },
  },
  "connection.tested": {
    description: "Somebody signed in through a connection for a test; nobody was signed in or changed by it.",
    target: "connection",
    data: {
      testId: id("The test, which tells what arrived and what would have happened."),
      outcome: oneOf("What would have happened.", "signed_in", "refused"),
      status: mayMove(oneOf("A draft that somebody would be signed in by.", "tested", "draft"), "draft"),
    },
  },
  "connection.metadata_failed": {
    description:
      "The metadata of a SAML connection's identity provider could not be read again; the last good one stays in force.",
    target: "connection",
    data: { fault: text("What was wrong.", "saml.metadataUrl answered 503; give the address of the document itself.") },
  },
  "connection.certificate_expiring": {
    description:
      "The last signing certificate of an enabled SAML connection's identity provider ends in 30, 14, 7 or 1 days.",
    target: "connection",
    data: {
      name: { ...name, example: "Okta" },
      days: count("How many are left.", 14),
      endsAt: moment("When it ends."),
    },
  },
  "connection.key_created": {
    description:
      "A key of ours was made for a SAML connection: its metadata publishes it, and assertions may be encrypted for it.",
    target: "connection",
    data: { keyId: id("The key.") },
  },
  "connection.key_deleted": {
    description: "A key of ours was taken from a SAML connection: nothing is decrypted with it any more.",
    target: "connection",
    data: { keyId: id("The key.") },
  },
  "connection.deleted": {
    description: "A connection was deleted, with its identities and the sessions that came by it.",
    target: "connection",
    data: {
      name: { ...name, example: "Okta" },
      protocol,
      identities: count("How many members signed in by it.", 40),
      sessions: count("How many sessions ended.", 12),
    },
  },
  "domain.created": { description: "A domain was claimed; it is nobody's yet.", target: "domain", data: { domain } },
  "domain.verified": {
    description: "A domain is the tenant's from now on.",
    target: "domain",
    data: {
      domain,
      by: oneOf("On whose word: that of the DNS, by its TXT record, or of the operator.", "dns", "operator"),
    },
  },
  "domain.failing": {
    description: "The TXT record that proved a domain was not there; after seven such days the domain lapses.",
    target: "domain",
    data: {
      domain,
      fault: oneOf("What the DNS said.", "noRecord", "noName", "otherValue"),
    },
  },
  "domain.lapsed": {
    description:
      "The record was not there for seven days: nobody joins or is linked by the domain; all who came by it stay.",
    target: "domain",
    data: { domain, fault: oneOf("What the DNS said last.", "noRecord", "noName", "otherValue") },
  },
  "domain.restored": {
    description: "The record of a failing or lapsed domain is there again.",
    target: "domain",
    data: { domain },
  },
  "domain.updated": {
    description: "Who may join by a domain was changed.",
    target: "domain",
    data: {
      domain,
      autoJoin: moved(
        whole("Whether people join by it, as what, and whether an admin approves.", {
          enabled: true,
          role: "member",
          approval: false,
        }),
        { enabled: false, role: null, approval: false },
      ),
    },
  },
  "domain.deleted": {
    description: "A domain was given up; members who came by it stay.",
    target: "domain",
    data: { domain, status: oneOf("What it was.", "verified", "pending", "lapsed") },
  },
  "join_request.created": {
    description: "Somebody asked to join by a domain, which needs an admin's yes.",
    target: "join_request",
    data: { domain, reason: joinReason },
  },
  "join_request.approved": {
    description: "Somebody who asked to join by a domain was let in.",
    target: "join_request",
    data: { domain, memberId: id("The member that they became.") },
  },
  "join_request.declined": {
    description: "Somebody who asked to join by a domain was not let in.",
    target: "join_request",
    data: { domain },
  },
  "setup_link.created": {
    description: "A link was made with which somebody who is no member may set something up, for a day at most.",
    target: "setup_link",
    data: { intents: list("What: `sso`, `scim`, `domain`.", ["sso"]), expiresAt: moment("When it ends.") },
  },
  "setup_link.redeemed": {
    description: "A setup link was redeemed, which is possible once; the list of links says from where.",
    target: "setup_link",
    data: {},
  },
  "setup_link.revoked": {
    description: "A setup link was revoked, with what waited for a yes.",
    target: "setup_link",
    data: {},
  },
  "setup_request.created": {
    description: "Something that was made through a setup link waits for an admin's yes to go live.",
    target: "setup_request",
    data: setUp,
  },
  "setup_request.approved": {
    description: "Something that was made through a setup link went live.",
    target: "setup_request",
    data: setUp,
  },
  "setup_request.declined": {
    description:
      "Something that was made through a setup link does not go live: a token is gone, a connection or domain stays as it is.",
    target: "setup_request",
    data: setUp,
  },
} as const satisfies Partial<Record<EventType, CatalogueEntry>>;
