/** What applications let people do: the operator declares it, tenants make roles of it. */
import { verbs } from "../admission/permissions.ts";
import { availableAreas, listAreas, putAreas, type DeclaredAreas } from "../directory/roles/permissionAreas.ts";
import type { Resource } from "./route.ts";
import { arrayOf, boolean, json, label, object, record, ref, text } from "./schemas.ts";

const word = { type: "string", pattern: "^[a-z][A-Za-z0-9]{0,63}$" };
const scoped = { ...boolean, description: "Whether its actions may be given on single resources, as one agent." };
const actions = {
  ...arrayOf(word, { minItems: 1, maxItems: 50, uniqueItems: true }),
  description: `What can be done in it, as ${verbs.join(", ")}; \`manage\` is all of it.`,
};

export const permissionAreas: Resource = {
  tag: "Permission areas",
  description:
    "A permission is `<area>:<action>`. The operator declares the areas of the applications (conversations, recordings, " +
    "CRM …) beside Usher's own; a permission that nobody declared is refused.",
  schemas: {
    PermissionArea: record({ name: label, actions, scoped }),
    PermissionAreas: { type: "object", additionalProperties: ref("PermissionArea") },
    DeclaredAreas: {
      type: "object",
      propertyNames: word,
      additionalProperties: object({ name: label, actions, scoped: { ...scoped, default: false } }, [
        "name",
        "actions",
      ]),
      maxProperties: 100,
    },
    AvailableArea: record({
      area: text,
      name: text,
      actions: arrayOf(text),
      scoped,
      own: { ...boolean, description: "Whether it is Usher's." },
    }),
  },
  routes: [
    {
      scope: "server",
      method: "GET",
      path: "/permission-areas",
      operationId: "getPermissionAreas",
      summary: "Read what is declared",
      permission: "operator",
      responses: { 200: json("The areas of the applications.", ref("PermissionAreas")) },
      handle: async ({ db, actor, now }) => ({ status: 200, body: await listAreas(db, { actor, now }) }),
    },
    {
      scope: "server",
      method: "PUT",
      path: "/permission-areas",
      operationId: "putPermissionAreas",
      summary: "Replace what is declared; what a role or member of any tenant has must stay",
      permission: "operator",
      body: ref("DeclaredAreas"),
      responses: { 200: json("The areas of the applications.", ref("PermissionAreas")) },
      handle: async ({ db, actor, now, body }) => ({
        status: 200,
        body: await putAreas(db, { actor, now }, complete(body as WrittenAreas)),
      }),
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/permission-areas",
      operationId: "listPermissionAreas",
      summary: "What a role of this tenant can hold: Usher's own areas, then those of the applications",
      permission: "roles:view",
      responses: { 200: json("The areas.", record({ items: arrayOf(ref("AvailableArea")) })) },
      handle: async ({ db, who }) => ({ status: 200, body: { items: await availableAreas(db, who) } }),
    },
  ],
};

type WrittenAreas = Readonly<Record<string, Omit<DeclaredAreas[string], "scoped"> & { readonly scoped?: boolean }>>;

function complete(areas: WrittenAreas): DeclaredAreas {
  return Object.fromEntries(
    Object.entries(areas).map(([area, { name, actions: all, scoped: single = false }]) => [
      area,
      { name, actions: all, scoped: single },
    ]),
  );
}
