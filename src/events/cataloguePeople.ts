import {
  type CatalogueEntry,
  attributes,
  flag,
  id,
  ids,
  list,
  mayMove,
  moved,
  oneOf,
  orNull,
  type Fields,
} from "./catalogueFields.ts";
import type { EventType } from "./event.ts";

const roles = list("Roles in force.", ["member"]);
const entitled = list("Roles that grants, mappings and defaults add up to; without a seat they may not be in force.", [
  "member",
]);
const status = oneOf("`invited`, `active` or `suspended`.", "active", "invited", "suspended");
const seat = oneOf("`held`, `waiting` or `none`.", "held", "waiting", "none");
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
} as const satisfies Partial<Record<EventType, CatalogueEntry>>;
