import {
  type CatalogueEntry,
  attributes,
  count,
  flag,
  id,
  ids,
  list,
  mayMove,
  moment,
  moved,
  name,
  oneOf,
  orNull,
  text,
  whole,
  type Fields,
} from "./catalogueFields.ts";
import type { EventType } from "./event.ts";

const roles = list("Roles in force.", ["member"]);
const entitled = list("Roles that grants, mappings and defaults add up to; without a seat they may not be in force.", [
  "member",
]);
const status = oneOf("`invited`, `active` or `suspended`.", "active", "invited", "suspended");
const seat = oneOf("`held`, `waiting` or `none`.", "held", "waiting", "none");
const holder = oneOf("Whose it is: the member's in this tenant alone, or that of their account.", "member", "account");
const factor = oneOf("An authenticator app, or a passkey.", "totp", "passkey");
const directoryId = orNull(id("The directory that manages the member."));
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

/** Groups and members. */
export const peopleEvents = {
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
  "team.created": { description: "A team was made.", target: "team", data: { name } },
  "team.updated": {
    description: "A team was renamed or described anew, or other directory groups are mapped to it.",
    target: "team",
    data: { attributes: { ...attributes, example: ["groups"] } },
  },
  "team.deleted": {
    description: "A team was deleted; who was in it is in it no more.",
    target: "team",
    data: { name: { ...name, example: "Support" } },
  },
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
      rolesBefore: list("Roles that were in force until then.", ["member"]),
      reassignTo: { ...id("The member whom an admin named to take over."), optional: true },
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
  "member.erased": {
    description: "What was known of a removed member was erased from the logs; ids, times and types stay.",
    target: "member",
    data: {},
  },
  "member.offboarding": {
    description:
      "A member was removed, or an active one was suspended, of which this tells a moment later: what they leave behind is to be reassigned. Tell who took over by `POST …/offboardings/{id}/acknowledge`.",
    target: "member",
    data: {
      offboarding: id("The offboarding, by which it is acknowledged."),
      cause: oneOf("Removed members do not come back.", "suspended", "removed"),
      reassignTo: orNull(id("The member whom an admin named to take over.")),
      dueAt: orNull(moment("Until then an erasure waits, and the application is not overdue; null = nothing waits.")),
      roles,
      teams: ids("Teams that they were in, by hand or by a directory group."),
      resources: whole("Agents, projects and the like that they were given one by one.", [
        { area: "agents", id: "a1", actions: ["edit"] },
      ]),
      reports: ids("Members whose manager they are; 500 at most."),
      reportCount: count("How many those are.", 1),
      isContact: flag("Whether they are the contact whom all members are shown.", false),
      apiKeys: ids("API keys that they made, which work on."),
      scimTokens: ids("SCIM tokens that they made, which work on."),
    },
  },
  "member.offboarding_acknowledged": {
    description: "The application has reassigned what a member left behind.",
    target: "member",
    data: { offboarding: id("The offboarding."), reassignedTo: ids("The members who took over.") },
  },
  "member.offboarding_overdue": {
    description:
      "The application did not say in time who took over from a member who left. What waited for it happened.",
    target: "member",
    data: { offboarding: id("The offboarding.") },
  },
  "member.preferences_changed": {
    description: "A member's preferences changed.",
    target: "member",
    data: { attributes: { ...attributes, example: ["theme"] } },
  },
  "member.activity_reported": {
    description: "An application told something that a member did, and wanted it to be told on.",
    target: "member",
    data: {
      activityId: id("The entry in the member's activity."),
      activity: text("Its type, which begins with `app.`.", "app.ticket.resolved"),
    },
  },
  "member.teams_changed": {
    description:
      "A member came into teams or left them, by hand; for those by a directory group see `group.members_changed`.",
    target: "member",
    data: { added: ids("Teams that they came into."), removed: ids("Teams that they left.") },
  },
  "member.signed_in": {
    description: "A member signed in.",
    target: "member",
    data: {
      method: oneOf("By what.", "saml", "oidc", "password", "passkey"),
      connectionId: orNull(id("The connection, where it was one.")),
    },
  },
  "member.password_changed": {
    description: "A member chose another password; their other sessions ended.",
    target: "member",
    data: { holder },
  },
  "member.password_reset": {
    description: "A member chose another password by a link that was mailed to them; their sessions ended.",
    target: "member",
    data: { holder },
  },
  "member.second_factor_added": {
    description: "A member has one more second factor.",
    target: "member",
    data: { kind: factor, holder },
  },
  "member.second_factor_removed": {
    description: "A second factor of a member was removed.",
    target: "member",
    data: { kind: factor, holder },
  },
  "member.recovery_codes_made": {
    description: "A member has new recovery codes, and none of those before.",
    target: "member",
    data: { holder },
  },
  "member.recovery_code_used": {
    description: "A recovery code stood in for a member's second factor.",
    target: "member",
    data: { left: count("How many are left.", 9), holder },
  },
  "member.signed_out": { description: "A member's session was ended.", target: "member", data: {} },
  "member.break_glass_used": {
    description:
      "An emergency access was used: its holder signed in without the identity provider. The admins get a mail.",
    target: "member",
    data: {},
  },
  "member.account_attached": {
    description: "A member's own account, with which its holder may sign in, was attached by the holder.",
    target: "member",
    data: {},
  },
  "member.account_detached": {
    description: "The holder took their own account away from a member; the sessions that it had opened ended.",
    target: "member",
    data: {},
  },
  "member.identity_linked": {
    description: "A member can sign in through a connection from now on.",
    target: "member",
    data: {
      connectionId: id("The connection."),
      by: oneOf("What said that it is the same person.", "verifiedDomain", "directoryMatch", "invitation"),
    },
  },
  "member.groups_overage": {
    description: "The identity provider held back the member's groups, because there are too many: roles stay.",
    target: "member",
    data: { connectionId: id("The connection.") },
  },
} as const satisfies Partial<Record<EventType, CatalogueEntry>>;
