/** What is known of identity providers: the data are in `sso/presets/`; here they are answered in one language. */
import type { Preset, PresetLanguage } from "../sso/presets/preset.ts";
import { presets } from "../sso/presets/presets.ts";
import { attributeNames } from "./connectionSchemas.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import { arrayOf, boolean, json, nullable, record, ref, text } from "./schemas.ts";

export const connectionPresets: Resource = {
  tag: "Connections",
  description:
    "Known identity providers, with the steps that connect them. A connection of one of them is made with its " +
    "`provider` alone; what is not said of it comes from here.",
  schemas: {
    ConnectionPreset: record({
      provider: { ...text, description: "As a connection names it." },
      name: text,
      protocol: { type: "string", enum: ["saml", "oidc"] },
      defaults: {
        ...record({ attributes: attributeNames, groupsClaim: nullable(text) }),
        description: "What a new connection has where nothing else is said.",
      },
      ours: {
        ...arrayOf(record({ value: text, field: text, optional: boolean })),
        description:
          "Which field of theirs takes which of our values, by its name in the connection's `saml` or `oidc`.",
      },
      theirs: {
        ...arrayOf(record({ value: text, field: text })),
        description: "What we need of theirs, by its name in `saml` or `oidc`, and where their console shows it.",
      },
      sends: {
        ...arrayOf(record({ name: text, source: text })),
        description: "What they are to send, and what they make it from.",
      },
      steps: { ...arrayOf(text), description: "In the order in which they are done." },
      traps: { ...arrayOf(text), description: "What goes wrong, and what to do." },
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/connection-presets",
      operationId: "listConnectionPresets",
      summary: "Read how known identity providers are connected",
      permission: "connections:create",
      setup: "sso",
      query: {
        language: {
          type: "string",
          enum: ["en", "de"],
          default: "en",
          description: "Of steps and traps; fields are named as the consoles name them in English.",
        },
      },
      responses: { 200: json("All of them.", record({ presets: arrayOf(ref("ConnectionPreset")) })) },
      handle: list,
    },
  ],
};

async function list({ query }: TenantCall<{ readonly language: PresetLanguage }>): Promise<JsonAnswer> {
  return { status: 200, body: { presets: presets.map((each) => shown(each, query.language)) } };
}

function shown({ words, ours, ...preset }: Preset, language: PresetLanguage): Record<string, unknown> {
  return { ...preset, ours: ours.map(({ optional = false, ...each }) => ({ ...each, optional })), ...words[language] };
}
