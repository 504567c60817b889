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
    data: { domain, by: oneOf("On whose word.", "operator") },
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
} as const satisfies Partial<Record<EventType, CatalogueEntry>>;
