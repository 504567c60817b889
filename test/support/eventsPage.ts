/** `docs/events.md`, made from the catalogue of events. */
import { catalogue, eventTypes, exampleOf } from "../../src/events/catalogue.ts";
import type { Field } from "../../src/events/catalogueFields.ts";
import type { EventType } from "../../src/events/event.ts";

const INTRODUCTION = `# Events

Made from \`src/events/catalogue.ts\` by \`node scripts/pages.mjs\`; a test holds the two together.

Whatever changes is told in the journal, in the transaction of the change itself. It is read at \`GET /tenants/{t}/events\` (with
\`order=asc\` and a cursor that misses nothing and repeats nothing), exported as \`/events.csv\` and \`/events.ndjson\`, and sent to
webhooks. An event names things by their ids and says how they changed as \`[before, after]\`; it holds no secret, and of personal
values the attribute's name alone. New types and new fields may come; ignore what you do not know.

## Webhooks

An endpoint of a tenant (\`/tenants/{t}/webhooks\`) hears of that tenant; one of the operator (\`/webhooks\`) hears of all. It names the
types that it wants, \`noun.*\` for all of a noun, or \`*\`. It hears what happens while it is enabled.

Each request is a POST of \`{type, timestamp, data}\`, where \`data\` is the event as below with \`tenant: {id, slug}\`, signed as
[Standard Webhooks](https://www.standardwebhooks.com) has it: verify \`webhook-signature\` with the secret that was shown when the
endpoint was made, over the raw body, and refuse a \`webhook-timestamp\` that is more than five minutes off. A replaced secret signs
beside the new one for 24 hours.

Answer 2xx within ten seconds; do the work afterwards. Anything else is tried again, after 5 s, 30 s, 2 min and so on up to 12 h, or
as \`Retry-After\` asks, for three days; then the delivery is parked, and can be sent again by hand. Redirects are not followed.

- **At least once.** \`webhook-id\` is the event's id, the same in every attempt: skip what you have had.
- **In order for each thing** that events are about (\`target\`): while one is not taken, later ones about the same member wait for it.
  There is no order between different targets.
- An endpoint that has taken nothing for five days is disabled when the next delivery is parked, and at once where it answers 410. The
  tenant's admins get a mail, and other endpoints \`webhook.disabled\`.
- Deliveries are kept for 30 days.

## Types
`;

/** The whole page. */
export function eventsPage(): string {
  return `${INTRODUCTION}\n${eventTypes.map(sectionOf).join("\n")}`;
}

function sectionOf(type: EventType): string {
  const { description, data } = catalogue[type];
  const fields = Object.entries(data).map(lineOf);
  const table = fields.length > 0 ? `${fields.join("\n")}\n\n` : "";
  const example = JSON.stringify(exampleOf(type), null, 2);
  return `### ${type}\n\n${description}\n\n${table}\`\`\`json\n${example}\n\`\`\`\n`;
}

function lineOf([name, { description, transition, optional }]: [string, Field]): string {
  const form = transition ? " `[before, after]`" : "";
  return `- \`${name}\`${form}${optional ? ", where it changed" : ""}: ${description}`;
}
