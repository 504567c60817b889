import {
  type CatalogueEntry,
  attributes,
  count,
  id,
  mayMove,
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
    },
  },
  "tenant.deleted": { description: "A tenant was deleted; its credentials are dead.", target: "tenant", data: {} },
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
  "mappings.changed": {
    description: "The list of role mappings was replaced. Members whose roles change by it have events of their own.",
    target: "tenant",
    data: {
      mappings: whole("The list as it was written.", [{ group: "Engineering", role: "member" }]),
    },
  },
} as const satisfies Partial<Record<EventType, CatalogueEntry>>;
