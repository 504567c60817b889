/** A resource type with an attribute of every kind, members of it in a tenant, and both readings of a filter. */
import { createMember } from "../../src/directory/members/createMember.ts";
import { emailKeysOf, profileOf, type Member } from "../../src/directory/members/member.ts";
import { newMember } from "../../src/directory/members/newMember.ts";
import { memberColumns } from "../../src/directory/directories/scimFilterColumns.store.ts";
import { compileFilter } from "../../src/directory/directories/scimFilter.store.ts";
import { type Listed, type ListWho, pageOf } from "../../src/directory/directories/scimList.store.ts";
import { memberSource } from "../../src/directory/directories/scimSources.store.ts";
import { toUser } from "../../src/provisioning/userResource.ts";
import { newId } from "../../src/base/ids.ts";
import { parseSchema } from "../../src/scim/definitions.ts";
import { leniency } from "../../src/scim/dialects.ts";
import { parseFilter } from "../../src/scim/filter.ts";
import { matches } from "../../src/scim/match.ts";
import { defaultSelection } from "../../src/scim/project.ts";
import { createRegistry, type ResourceType } from "../../src/scim/registry.ts";
import { resolveFilter, type ResolvedFilter } from "../../src/scim/resolve.ts";
import type { Sort } from "../../src/scim/sort.ts";
import type { ScimObject } from "../../src/scim/types.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import type { Who } from "../../src/storage/types.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";
import { enterpriseUrn, registry, user } from "../scim/fixtures.ts";

/** A name that is hostile to SQL: the registry takes it, so it must be quoted. */
export const badgeUrn = "urn:example:it's:\\2.0:Badge";
/** A schema with an attribute of every kind. */
export const badge = parseSchema(
  {
    id: badgeUrn,
    name: "Badge",
    attributes: [
      { name: "label" },
      { name: "code", caseExact: true },
      { name: "issued", type: "dateTime" },
      { name: "weight", type: "decimal" },
      { name: "level", type: "integer" },
      { name: "lost", type: "boolean" },
      { name: "photo", type: "binary" },
      { name: "page", type: "reference" },
      { name: "site", type: "reference", caseExact: false },
      { name: "tags", multiValued: true },
      { name: "scores", type: "integer", multiValued: true },
      { name: "visits", type: "dateTime", multiValued: true },
      { name: "owner", type: "complex", subAttributes: [{ name: "value" }, { name: "since", type: "dateTime" }] },
      {
        name: "doors",
        type: "complex",
        multiValued: true,
        subAttributes: [
          { name: "value" },
          { name: "exact", caseExact: true },
          { name: "floor", type: "integer" },
          { name: "open", type: "boolean" },
          { name: "until", type: "dateTime" },
          { name: "names", multiValued: true },
        ],
      },
    ],
  },
  "Badge.json",
);

/** User with the enterprise extension and the badge. */
export const badgedUser: ResourceType = createRegistry(
  [...registry.schemas, badge],
  [{ ...user.definition, schemaExtensions: [enterpriseUrn, badgeUrn].map((schema) => ({ schema, required: false })) }],
).resourceType("User")!;

export const baseUrl = "https://usher.example.com/scim/v2";

/** Who writes a tenant's members, at an instant of its own. */
export async function newWho(now: Date): Promise<Who> {
  const tenant = await newTenant({ now });
  return { tenantId: tenant.id, actor: { type: "system" }, now };
}

/** Creates a member as a directory would have, but that its values may be such as only another schema allowed. */
export async function addMember(who: Who, scim: ScimObject, directoryActive = true): Promise<Member> {
  // The address of rule 21 no filter asks for, and what is no address may stand in its place.
  const { emails, ...rest } = scim;
  const profile = { ...profileOf(rest), scim, moreEmailKeys: emailKeysOf(emails) };
  const newcomer = { ...newMember(newId(who.now), profile, "scim", who.now), directoryActive };
  return createMember(await testDatabase(), who, newcomer, { door: "scim", act: "person", loss: "directory" });
}

/** The filter of a text in the tolerant dialect. */
export function filterOf(text: string): ResolvedFilter {
  const forgiving = leniency("tolerant");
  return resolveFilter(badgedUser, parseFilter(text, forgiving), forgiving);
}

/** The condition of a filter, as lists use it. */
export function conditionOf(filter: ResolvedFilter): string {
  let values = 0;
  return compileFilter(badgedUser, filter, memberColumns(badgedUser, baseUrl), () => `$${++values}`);
}

/** A list of the members, as it is asked for. */
export function listedMembers(filter: ResolvedFilter | null, sort: Sort | null = null): Listed {
  return { source: memberSource(badgedUser, baseUrl), filter, sort };
}

/** Whose lists they are; members are the tenant's, whichever its directory. */
export function listWho({ tenantId }: Who): ListWho {
  return { tenantId, directoryId: tenantId };
}

/** The ids that the database finds, and those that the evaluator does. */
export async function bothReadings(
  who: Who,
  members: readonly Member[],
  filter: ResolvedFilter,
): Promise<{ found: readonly string[]; expected: readonly string[] }> {
  const window = { kind: "offset", offset: 0, count: 1000 } as const;
  const page = pageOf(listWho(who), listedMembers(filter), window, defaultSelection(badgedUser));
  const [rows] = await onceInTenant(await testDatabase(), who, page);
  const expected = members.filter((member) => matches(filter, toUser(badgedUser, member, baseUrl)));
  return { found: rows.map(({ id }) => id).toSorted(), expected: expected.map(({ id }) => id).toSorted() };
}
