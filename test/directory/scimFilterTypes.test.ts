/** SQL against the evaluator over Groups and over a type of the operator's own, each resource as lists show it. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { fold } from "../../src/base/fold.ts";
import { createCustomResource } from "../../src/directory/directories/customResources.ts";
import { listDirectories } from "../../src/directory/directories/directories.ts";
import { createScimGroup } from "../../src/directory/directories/scimGroups.ts";
import { listResources, type ListPage } from "../../src/directory/directories/scimList.ts";
import type { DirectoryWho } from "../../src/directory/directories/scimMembers.ts";
import { customResourceHandlers } from "../../src/provisioning/customResources.ts";
import { groupHandlers } from "../../src/provisioning/groups.ts";
import type { ScimRequest } from "../../src/provisioning/request.ts";
import type { Listing } from "../../src/provisioning/search.ts";
import { leniency } from "../../src/scim/dialects.ts";
import type { Filter } from "../../src/scim/filter.ts";
import { known } from "../../src/scim/known.ts";
import { matches } from "../../src/scim/match.ts";
import { defaultSelection } from "../../src/scim/project.ts";
import { createRegistry, type ResourceType } from "../../src/scim/registry.ts";
import { resolveFilter, type ResolvedFilter } from "../../src/scim/resolve.ts";
import type { ScimObject } from "../../src/scim/types.ts";
import { testDatabase } from "../support/database.ts";
import { group, registry } from "../scim/fixtures.ts";
import { documents, filtersOver } from "./scimFilterArbitraries.ts";
import { addMember, badge, badgeUrn, baseUrl, newWho } from "./scimFilterWorld.ts";

const pass = {
  id: "Pass",
  name: "Pass",
  endpoint: "/Passes",
  description: "Passes",
  schema: badgeUrn,
  schemaExtensions: [],
};
const types = createRegistry(
  [...registry.schemas, badge],
  [{ ...group.definition, schemaExtensions: [{ schema: badgeUrn, required: false }] }, pass],
);
const badgedGroup = types.resourceType("Group")!;
const passType = types.resourceType("Pass")!;

const when = fc.constantFrom("2011-05-13T04:42:34.000Z", "2011-05-13T04:42:34.123Z", "2012-03-01T00:00:00.000Z");
const names = fc.constantFrom("Ops", "ops ", "ΟΔΥΣΣΕΥΣ", "Müller", "H\u0331", "é", "_%\\", "$1");

/** Ids are known only where their resources are: until then a filter calls them by these. */
const [ids, members] = [
  ["#0", "#1"],
  ["@0", "@1", "@2"],
];

/** Documents without what lists would not show: complex values of nothing, which requests do not store either. */
function stored(type: ResourceType, share: number): fc.Arbitrary<ScimObject> {
  return documents(type, share).map((document) => known(type, document));
}

async function newDirectory(now: string): Promise<DirectoryWho> {
  const who = await newWho(new Date(now));
  const { items } = await listDirectories(await testDatabase(), who, { limit: 1, place: undefined });
  return { ...who, directoryId: items[0]?.id ?? "" };
}

/** Asks each filter of the list, and of each resource that the list without one shows. */
async function agree(listing: Listing, who: DirectoryWho, asked: readonly Filter[], people: readonly string[]) {
  const source = listing.source(baseUrl);
  const db = await testDatabase();
  const list = (filter: ResolvedFilter | null): Promise<ListPage> => {
    const wanted = { source, filter, sort: null, selected: defaultSelection(source.type) };
    return listResources(db, who, [wanted], { kind: "index", startIndex: 1, count: 100 });
  };
  const all = (await list(null)).items.map(({ row }) => listing.show({ baseUrl } as ScimRequest, row));
  const called = new Map([
    ...ids.map((name, at) => [name, all[at]?.["id"]] as const),
    ...members.map((name, at) => [name, people[at]] as const),
  ]);
  for (const text of asked.map((tree) => JSON.stringify(tree))) {
    const tree = JSON.parse(text, (_, value) => called.get(value) ?? value) as Filter;
    const filter = resolveFilter(source.type, tree, leniency("tolerant"));
    const { items, total } = await list(filter);
    const expected = all.filter((resource) => matches(filter, resource)).map(({ id }) => id);
    assert.deepEqual([items.map(({ row }) => row.id), total], [expected, expected.length], text);
  }
}

describe("filters in SQL over other types, against the evaluator", () => {
  it("find the same Groups by name, members, meta and attributes of an extension", async () => {
    const { listing } = groupHandlers(badgedGroup);
    const operands = {
      id: [...ids, "x"],
      value: [...members, "a", ""],
      type: ["User", "user", "Group"],
      $ref: [`${baseUrl}/Users/`],
    };
    const people = fc.array(fc.option(names, { nil: undefined }), { minLength: 3, maxLength: 3 });
    const one = fc.record({
      displayName: names,
      externalId: fc.option(names, { nil: undefined }),
      rest: stored(badgedGroup, 3),
      inside: fc.subarray([0, 1, 2]),
    });
    const groups = fc.uniqueArray(one, {
      minLength: 3,
      maxLength: 6,
      selector: ({ displayName }) => fold(displayName),
    });
    const asked = fc.array(filtersOver(badgedGroup, operands), { minLength: 24, maxLength: 24 });
    await fc.assert(
      fc.asyncProperty(when, people, groups, asked, async (now, shownAs, made, filters) => {
        const db = await testDatabase();
        const who = await newDirectory(now);
        const memberIds: string[] = [];
        for (const [at, displayName] of shownAs.entries()) {
          memberIds.push(
            (await addMember(who, { userName: `u${at}`, ...(displayName !== undefined && { displayName }) })).id,
          );
        }
        for (const { displayName, externalId, rest, inside } of made) {
          const scim = { ...rest, displayName, ...(externalId !== undefined && { externalId }) };
          await createScimGroup(
            db,
            who,
            scim,
            inside.map((at) => memberIds[at] ?? ""),
            undefined,
          );
        }
        // Rule 19: to a directory, break-glass members are not there.
        await db.pool.query("update members set break_glass = true where tenant_id = $1 and id = $2", [
          who.tenantId,
          memberIds[2],
        ]);
        await agree(listing, who, filters, memberIds);
      }),
      { numRuns: 3, seed: 7644, endOnFailure: true },
    );
  });

  it("find the same resources of the operator's own type by every kind of attribute", async () => {
    const { listing } = customResourceHandlers(passType);
    const one = fc.record({ externalId: fc.option(names, { nil: undefined }), rest: stored(passType, 8) });
    const resources = fc.array(one, { minLength: 3, maxLength: 6 });
    const asked = fc.array(filtersOver(passType, { id: [...ids, "x"] }), { minLength: 24, maxLength: 24 });
    await fc.assert(
      fc.asyncProperty(when, resources, asked, async (now, made, filters) => {
        const db = await testDatabase();
        const who = await newDirectory(now);
        for (const { externalId, rest } of made) {
          const scim = { ...rest, ...(externalId !== undefined && { externalId }) };
          await createCustomResource(db, who, { type: passType, secretKeys: [Buffer.alloc(32)] }, scim);
        }
        await agree(listing, who, filters, []);
      }),
      { numRuns: 4, seed: 7644, endOnFailure: true },
    );
  });
});
