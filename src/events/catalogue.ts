import type { EventType, Target } from "./event.ts";
import {
  count,
  type Field,
  type Fields,
  flag,
  id,
  ids,
  list,
  mayMove,
  moment,
  moved,
  oneOf,
  orNull,
  sampleId,
  text,
  whole,
} from "./catalogueFields.ts";
import type { ShownEvent } from "./shownEvent.ts";

/** What there is to know of a type of event. */
export interface CatalogueEntry {
  readonly description: string;
  readonly target: Target["type"];
  readonly data: Fields;
}

const name = text("What people call it.", "Main directory");
const attributes = list("Names of what changed; what they were and are is told where it is nobody's personal matter.", [
  "name",
]);
const roles = list("Roles in force.", ["member"]);
const entitled = list("Roles that grants, mappings and defaults add up to; without a seat they may not be in force.", [
  "member",
]);
const status = oneOf("`invited`, `active` or `suspended`.", "active", "invited", "suspended");
const seat = oneOf("`held`, `waiting` or `none`.", "held", "waiting", "none");
const directoryId = orNull(id("The directory that manages the member."));
const seatLimit = orNull(count("Seats; null = unlimited.", 25));
const permissions = list("What its holder may do.", ["members:view"]);
const expiresAt = orNull(moment("Null = never."));
const host = text("Host and port of the endpoint's URL; the rest may hold a key and is not told.", "hooks.example.com");
const wanted = list("Types of events that it wants.", ["member.*"]);
const protocol = oneOf("What it speaks.", "saml", "oidc");
const domain = text("The domain, in its ASCII form.", "example.com");
const section = (title: string): Field => mayMove(whole(`The settings \`${title}\`.`, {}), {});

const changedMember: Fields = {
  attributes: { ...attributes, example: ["title"] },
  status: mayMove(status, "invited"),
  roles: mayMove(roles, ["viewer"]),
  entitled: mayMove(entitled, ["viewer"]),
  seat: mayMove(seat, "none"),
  hold: mayMove(flag("What an admin decided.", true), false),
  directoryActive: mayMove(flag("What the directory wishes.", false), true),
  directoryId: mayMove(directoryId, null),
};

/** Every type of event, in the order of the page that shows them. */
export const catalogue: Readonly<Record<EventType, CatalogueEntry>> = {
  "tenant.created": {
    description: "A tenant was made, with its first directory.",
    target: "tenant",
    data: {
      slug: text("Its name in URLs.", "acme"),
      name: { ...name, example: "Acme Ltd" },
      plan: orNull(text("The plan that it bought.", "pro")),
      seatLimit,
    },
  },
  "tenant.updated": {
    description: "A tenant's name, plan, limit or settings changed.",
    target: "tenant",
    data: {
      attributes: { ...attributes, example: ["plan"] },
      slug: mayMove(text("Its name in URLs.", "acme"), "acme-old"),
      name: mayMove({ ...name, example: "Acme Ltd" }, "Acme"),
      plan: mayMove(orNull(text("The plan that it bought.", "advanced")), "pro"),
      ownLimit: mayMove(orNull(whole("A limit of its own in place of the plan's, `{limit}`.", { limit: 25 })), null),
      seatLimit: mayMove({ ...seatLimit, description: "The limit that holds; null = unlimited." }, 10),
      seats: section("seats"),
      invitations: section("invitations"),
      signIn: section("signIn"),
      members: section("members"),
    },
  },
  "tenant.deleted": { description: "A tenant was deleted; its credentials are dead.", target: "tenant", data: {} },
  "tenant.adminless": {
    description: "The directory took the last admin away: nobody administers this tenant any more. Look after it.",
    target: "tenant",
    data: { lastAdmin: id("The member who was it.") },
  },
  "plan.changed": {
    description: "The operator changed the plan that this tenant has, and so its seats.",
    target: "plan",
    data: { plan: text("The plan.", "pro"), seatLimit: moved(seatLimit, 10) },
  },
  "seats.threshold_reached": {
    description: "So much of the seats is used. Told once each time that the level is crossed upwards.",
    target: "tenant",
    data: {
      level: count("Percent: 80, 90 or 100.", 80),
      used: count("Seats that are held.", 20),
      limit: count("Seats that there are.", 25),
    },
  },
  "mappings.changed": {
    description: "The list of role mappings was replaced. Members whose roles change by it have events of their own.",
    target: "tenant",
    data: {
      mappings: whole("The list as it was written.", [{ group: "Engineering", role: "member" }]),
    },
  },
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
  "group.created": {
    description: "A directory pushed a group.",
    target: "group",
    data: { added: ids("Its first members.") },
  },
  "group.updated": {
    description: "A group was renamed or otherwise described anew.",
    target: "group",
    data: { attributes: { ...attributes, example: ["displayName"] } },
  },
  "group.members_changed": {
    description: "Members came into a group or left it.",
    target: "group",
    data: { added: ids("Who came."), removed: ids("Who left.") },
  },
  "group.deleted": { description: "A group was deleted; who was in it is in it no more.", target: "group", data: {} },
  "member.created": {
    description: "Somebody became a member.",
    target: "member",
    data: {
      entrance: oneOf("How they came in.", "scim", "sso", "invitation", "link", "domain", "csv", "admin"),
      directoryId,
      status,
      roles,
      entitled,
      seat,
    },
  },
  "member.updated": {
    description: "A member's profile, roles or seat changed.",
    target: "member",
    data: changedMember,
  },
  "member.suspended": {
    description: "A member may come in no more: the directory or an admin said so.",
    target: "member",
    data: {
      ...changedMember,
      attributes: { ...attributes, example: [] },
      status: moved({ ...status, example: "suspended" }, "active"),
    },
  },
  "member.reactivated": {
    description: "A suspended member may come in again.",
    target: "member",
    data: {
      ...changedMember,
      attributes: { ...attributes, example: [] },
      status: moved(status, "suspended"),
    },
  },
  "member.seat_promoted": {
    description: "A seat became free and went to a member who waited for one.",
    target: "member",
    data: {
      seat: moved(seat, "waiting"),
      roles: moved(roles, ["viewer"]),
    },
  },
  "member.deleted": {
    description: "A member was removed.",
    target: "member",
    data: { status, roles, seat, directoryId },
  },
  "member.signed_in": {
    description: "A member signed in.",
    target: "member",
    data: {
      method: oneOf("By what.", "saml", "oidc", "password"),
      connectionId: orNull(id("The connection, where it was one.")),
    },
  },
  "member.password_changed": {
    description: "A member chose another password; their other sessions ended.",
    target: "member",
    data: {},
  },
  "member.signed_out": { description: "A member's session was ended.", target: "member", data: {} },
  "member.identity_linked": {
    description: "A member can sign in through a connection from now on.",
    target: "member",
    data: {
      connectionId: id("The connection."),
      by: oneOf("What said that it is the same person.", "verifiedDomain", "directoryMatch"),
    },
  },
  "member.groups_overage": {
    description: "The identity provider held back the member's groups, because there are too many: roles stay.",
    target: "member",
    data: { connectionId: id("The connection.") },
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
      status: moved(oneOf("[before, after]", "enabled", "draft", "tested", "disabled"), "tested"),
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
      autoJoin: {
        ...moved(whole("[before, after]", { enabled: true, role: "member", approval: false }), {
          enabled: false,
          role: null,
          approval: false,
        }),
        optional: false,
      },
    },
  },
  "domain.deleted": {
    description: "A domain was given up; members who came by it stay.",
    target: "domain",
    data: { domain, status: oneOf("What it was.", "verified", "pending", "lapsed") },
  },
  "webhook.created": {
    description: "An endpoint was added.",
    target: "webhook",
    data: { host, events: wanted, enabled: flag("Whether it is sent to.", true) },
  },
  "webhook.updated": {
    description: "An endpoint was changed.",
    target: "webhook",
    data: { attributes: { ...attributes, example: ["events"] }, host, events: wanted, enabled: flag("Now.", true) },
  },
  "webhook.secret_rotated": {
    description: "An endpoint has a new secret; the old one signs too for a while.",
    target: "webhook",
    data: { previousSecretUntil: moment("Until then.") },
  },
  "webhook.tested": {
    description: "Somebody asked for a test. Sent to the tested endpoint alone, whatever types it wants.",
    target: "webhook",
    data: { host },
  },
  "webhook.disabled": {
    description: "Usher stopped sending to an endpoint that takes nothing. Enable it again once it is repaired.",
    target: "webhook",
    data: {
      reason: oneOf("`failing` for days, or `gone` (it answered 410).", "failing", "gone"),
      host,
      failingSince: orNull(moment("The first failure after the last success.")),
    },
  },
  "webhook.deleted": { description: "An endpoint was deleted.", target: "webhook", data: { host } },
};

/** Every type of event. */
export const eventTypes = Object.keys(catalogue) as readonly EventType[];

/** What an endpoint may ask for: everything, all of a noun, or a type. */
export const eventPatterns: readonly string[] = [
  "*",
  ...new Set(eventTypes.map((type) => `${type.split(".", 1)[0]}.*`)),
  ...eventTypes,
];

/** The JSON Schema (2020-12) of `data` of a type. */
export function dataSchema(type: EventType): Readonly<Record<string, unknown>> {
  const fields = Object.entries(catalogue[type].data);
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(fields.map(([field, { schema }]) => [field, schema])),
    required: fields.filter(([, { optional }]) => !optional).map(([field]) => field),
  };
}

/** What has a name and no id. */
const NAMELESS: readonly Target["type"][] = ["plan", "domain"];

/** An event of a type as the API, exports and webhooks show it. */
export function exampleOf(type: EventType): ShownEvent {
  const { target, data } = catalogue[type];
  return {
    id: "0198c7a4-2f11-7b52-b0c6-8d3f71e5a924",
    type,
    at: new Date("2026-03-01T09:30:00.000Z"),
    actor: { type: "operator", id: null },
    target: { type: target, id: NAMELESS.includes(target) ? null : sampleId },
    data: Object.fromEntries(Object.entries(data).map(([field, { example }]) => [field, example])),
  };
}
