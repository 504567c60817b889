import { type CatalogueEntry, sampleId } from "./catalogueFields.ts";
import { doorEvents } from "./catalogueDoors.ts";
import { invitationEvents } from "./catalogueInvitations.ts";
import { peopleEvents } from "./cataloguePeople.ts";
import { machineEvents } from "./catalogueMachines.ts";
import { roleEvents } from "./catalogueRoles.ts";
import { resourceEvents } from "./catalogueResources.ts";
import { tenantEvents } from "./catalogueTenants.ts";
import { webhookEvents } from "./catalogueWebhooks.ts";
import type { EventType, Target } from "./event.ts";
import type { ShownEvent } from "./shownEvent.ts";

/** Every type of event, in the order of the page that shows them. */
export const catalogue: Readonly<Record<EventType, CatalogueEntry>> = {
  ...tenantEvents,
  ...doorEvents,
  ...machineEvents,
  ...peopleEvents,
  ...invitationEvents,
  ...roleEvents,
  ...resourceEvents,
  ...webhookEvents,
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
const NAMELESS: readonly Target["type"][] = ["plan", "role", "app_resource", "domain"];

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
