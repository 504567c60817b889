/** Which directory groups, SSO groups and asserted values give which role: the ordered list, and what it would do. */
import { previewRoleMappings } from "../directory/roles/mappingPreview.ts";
import { readRoleMappings, writeRoleMappings, type WrittenMapping } from "../directory/roles/roleMappings.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import { arrayOf, id, json, nullable, object, record, ref, text } from "./schemas.ts";

/** More than any console shows, and few enough to be read for each decision. */
const MOST_MAPPINGS = 500;
const name = { type: "string", minLength: 1, maxLength: 1024 };
const count = { type: "integer", minimum: 0 };
const list = arrayOf(ref("RoleMapping"), { maxItems: MOST_MAPPINGS });
const people = arrayOf(ref("PreviewedMember"), { maxItems: 50 });

export const roleMappings: Resource = {
  tag: "Role mappings",
  description:
    "The list is ordered: the first mapping that matches a member gives its role, later ones are ignored, and roles " +
    "given by hand are added. A group's name stands for the groups that have it when the list is written.",
  schemas: {
    RoleMapping: {
      oneOf: [
        object(
          {
            group: {
              oneOf: [
                { ...name, description: "Display name of a directory group." },
                object({ id }, ["id"]),
                object({ claim: name, connectionId: id }, ["claim", "connectionId"]),
              ],
            },
            role: name,
          },
          ["group", "role"],
        ),
        object(
          {
            when: { ...name, description: 'A SCIM filter over what the directory asserted, as `title co "Lead"`.' },
            role: name,
          },
          ["when", "role"],
        ),
      ],
    },
    PreviewedMember: record({
      id,
      email: nullable(text),
      displayName: text,
      roles: record({ before: arrayOf(text), after: arrayOf(text) }),
      seat: record({ before: text, after: text }),
    }),
    RoleMappingPreview: record({
      members: { ...count, description: "How many there are." },
      changed: { ...count, description: "How many would be changed." },
      gains: { ...people, description: "Who would come to hold a seat; like the other lists, the first 50." },
      loses: { ...people, description: "Who would give their seat back." },
      waits: { ...people, description: "Who would join the queue." },
      others: { ...people, description: "Who would change and no seat with them; who would leave the queue is here." },
      seats: record({ limit: nullable(count), before: count, after: count }),
      admins: record({ before: count, after: count, affected: people }),
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/role-mappings",
      operationId: "getRoleMappings",
      summary: "Read the ordered list",
      permission: "mappings:view",
      responses: { 200: json("The list.", list) },
      handle: show,
    },
    {
      scope: "tenant",
      method: "PUT",
      path: "/tenants/{t}/role-mappings",
      operationId: "putRoleMappings",
      summary:
        "Replace the ordered list; in tenants of more than 1,000 members the effects follow by a job, which the header Location names",
      permission: "mappings:edit",
      body: list,
      responses: { 200: json("The list as it is now.", list) },
      handle: put,
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/role-mappings/preview",
      operationId: "previewRoleMappings",
      summary: "See what a list would do; nothing is written",
      permission: "mappings:view",
      body: list,
      responses: { 200: json("What would happen.", ref("RoleMappingPreview")) },
      handle: async ({ db, who, body }) => ({
        status: 200,
        body: await previewRoleMappings(db, who, body as WrittenMapping[]),
      }),
    },
  ],
};

async function show({ db, who }: TenantCall): Promise<JsonAnswer> {
  return { status: 200, body: await readRoleMappings(db, who) };
}

async function put(call: TenantCall): Promise<JsonAnswer> {
  const { db, who, tenant, permissions, publicUrl } = call;
  const job = await writeRoleMappings(db, who, call.body as WrittenMapping[], permissions);
  const answer = await show(call);
  if (job === null) return answer;
  return { ...answer, headers: { Location: `${publicUrl}/api/v1/tenants/${tenant.slug}/reconciliations/${job}` } };
}
