import { type CatalogueEntry, flag, list, mayMove, orNull, text, type Field } from "./catalogueFields.ts";
import type { EventType } from "./event.ts";

const slug = text("Its name in the API.", "lead");
const template = flag("Whether it is a role template.", false);
const name = text("What people call it.", "Team lead");
const parent = orNull(text("The role that it extends.", "member"));
const permissions = list("Its own permissions, without those that it inherits.", ["teams:manage"]);
const seatRequired = flag("Whether its members need a seat.", true);
const area = text("The area of permissions.", "agents");
const resource = text("The application's id of it.", "agent-17");
const called = text("What people call it.", "Reception");
const company = orNull(text("What it is grouped by.", "Acme Ltd"));
const given = (description: string, ...example: string[]): Field => list(description, example);

/** Roles and templates, and what is given by hand. */
export const roleEvents = {
  "role.created": {
    description: "A role or role template was made.",
    target: "role",
    data: { slug, template, name, extends: parent, permissions, seatRequired },
  },
  "role.updated": {
    description: "A role or role template changed, and those that extend it with it. It counts at the next request.",
    target: "role",
    data: {
      slug,
      template,
      name: mayMove(name, "Lead"),
      extends: mayMove(parent, null),
      permissions: mayMove(permissions, []),
      seatRequired: mayMove(seatRequired, false),
    },
  },
  "role.deleted": {
    description: "A role or role template was deleted. Those who had it have another one, if need be after a while.",
    target: "role",
    data: {
      slug,
      template,
      name,
      replacedBy: orNull(text("The role that took its place; null = it was not in use.", "member")),
    },
  },
  "app_resource.created": {
    description: "An application told of an agent, a project or the like, which members can be given.",
    target: "app_resource",
    data: { area, resource, name: called, company },
  },
  "app_resource.updated": {
    description: "An application told anew of an agent, a project or the like.",
    target: "app_resource",
    data: { area, resource, name: called, company },
  },
  "app_resource.deleted": {
    description: "An agent, a project or the like is no more, and nobody has what they were given of it.",
    target: "app_resource",
    data: { area, resource, name: called, company },
  },
  "member.grants_changed": {
    description:
      "A member was given permissions by hand, or they were taken. `@` is followed by the one resource it is for.",
    target: "member",
    data: {
      added: given("What they have from now on.", "recordings:view", "agents:edit@agent-17"),
      removed: given("What they have no more.", "crm:view"),
    },
  },
} as const satisfies Partial<Record<EventType, CatalogueEntry>>;
