import {
  type CatalogueEntry,
  attributes,
  count,
  id,
  mayMove,
  moment,
  moved,
  name,
  orNull,
  text,
  whole,
  type Field,
} from "./catalogueFields.ts";
import type { EventType } from "./event.ts";

const seatLimit = orNull(count("Seats; null = unlimited.", 25));
const section = (title: string): Field => mayMove(whole(`The settings \`${title}\`.`, {}), {});

/** Tenants, and what they bought. */
export const tenantEvents = {
  "tenant.created": {
    description: "A tenant was made, with its first directory.",
    target: "tenant",
    data: {
      slug: text("Its name in URLs.", "acme"),
      name: { ...name, example: "Acme Ltd" },
      plan: orNull(text("The plan that it bought.", "pro")),
      seatLimit,
      preset: { ...text("The preset that it began by, where there is one.", "seat-by-role"), optional: true },
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
      mail: section("mail"),
      provisioningLog: section("provisioningLog"),
      activity: section("activity"),
    },
  },
  "tenant.deleted": {
    description: "A tenant was deleted: nobody gets in, and its credentials are dead. It can be restored for 30 days.",
    target: "tenant",
    data: { purgeAt: moment("From then on everything of it is erased.") },
  },
  "tenant.restored": {
    description: "A deleted tenant was restored. Its credentials are good again; its people sign in anew.",
    target: "tenant",
    data: { slug: text("Its name in URLs; the one that it had may have been taken.", "acme") },
  },
  "tenant.purged": {
    description: "Everything of a deleted tenant was erased. Told to the operator's webhooks, for nobody else is left.",
    target: "tenant",
    data: { deletedAt: moment("When it was deleted.") },
  },
  "tenant.contact_changed": {
    description: "The contact whom members are shown changed.",
    target: "tenant",
    data: { attributes: { ...attributes, example: ["email"] } },
  },
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
  "seat.limit_reached": {
    description:
      "The last seat was taken: for billing, which may raise `seatLimit`. Told once until a seat is free again or more " +
      "are bought; again where those were taken at once.",
    target: "tenant",
    data: {
      limit: orNull(count("Seats that there are.", 25)),
      used: count("Seats that are held.", 25),
      waiting: count("Members who wait for one.", 3),
    },
  },
  "tenant.reconciled": {
    description: "Roles and seats of the members were decided anew, all of them, because somebody asked for it.",
    target: "tenant",
    data: {
      reconciliationId: id("Its id in the API."),
      members: count("How many were looked at.", 120),
      changed: count("How many of them got other roles or another seat; each has an event of its own.", 2),
    },
  },
  "mappings.changed": {
    description: "The list of role mappings was replaced. Members whose roles change by it have events of their own.",
    target: "tenant",
    data: {
      mappings: whole("The list as it was written.", [{ group: "Engineering", role: "member" }]),
    },
  },
} as const satisfies Partial<Record<EventType, CatalogueEntry>>;
