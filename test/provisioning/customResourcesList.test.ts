/** Lists of a resource type that the operator added (RFC 7644 §3.4.2): what the schema says decides filter and order. */
import assert from "node:assert/strict";
import { customResourceList } from "../../src/directory/directories/customResources.store.ts";
import { listResources } from "../../src/directory/directories/scimList.ts";
import { leniency } from "../../src/scim/dialects.ts";
import { parseFilter } from "../../src/scim/filter.ts";
import { matches } from "../../src/scim/match.ts";
import { defaultSelection } from "../../src/scim/project.ts";
import { isContainer } from "../../src/scim/registry.ts";
import { resolveFilter } from "../../src/scim/resolve.ts";
import type { Attribute, ScimObject, ScimValue } from "../../src/scim/types.ts";
import { at, BASE_URL, textOf } from "../support/scim.ts";
import { customClient, OPTIONAL, REQUIRED, testType, type CustomClient } from "./customClient.ts";

const OPERATORS: Readonly<Record<Attribute["type"], readonly string[]>> = {
  string: ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"],
  reference: ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"],
  dateTime: ["eq", "ne", "gt", "ge", "lt", "le"],
  decimal: ["eq", "ne", "gt", "ge", "lt", "le"],
  integer: ["eq", "ne", "gt", "ge", "lt", "le"],
  boolean: ["eq", "ne"],
  binary: ["eq", "ne"],
  complex: [],
};

const corpus: readonly object[] = [
  { text: "Alpha", exactText: "B", color: "red", flag: true, amount: 1.5, count: 3, externalId: "e1" },
  {
    text: "beta",
    exactText: "b",
    flag: false,
    amount: -2,
    count: -3,
    moment: "2026-01-31T09:30:00+01:00",
    externalId: "E1",
  },
  { text: "GAMMA", moment: "2026-01-31T08:30:00Z", bytes: "AQID", page: "https://example.com/A", name: "urn:x:A" },
  {
    text: "delta",
    page: "https://example.com/a",
    name: "urn:x:a",
    owner: { value: "v", since: "2025-01-01T00:00:00Z" },
  },
  { text: "Epsilon", texts: ["a", "B"], exactTexts: ["x"], flags: [true, false], amounts: [0.1], counts: [1, 9] },
  { text: "zeta", texts: ["b"], exactTexts: ["X"], moments: ["2026-01-01T00:00:00Z"], blobs: ["AQ=="], counts: [2] },
  {
    text: "eta",
    parts: [
      { value: "p", type: "big", size: 5 },
      { value: "q", type: "small", primary: true, size: 1 },
    ],
    related: ["https://example.com/1"],
    immutable: "i",
    always: "a",
    request: "r",
    [OPTIONAL]: { level: 2, labels: ["L", "m"] },
  },
  {
    text: "theta",
    parts: [{ value: "P", type: "small", size: 5, note: "n" }],
    serial: "S",
    guid: "G",
    addresses: [{ value: "a@example.com", type: "work" }],
    bornAt: "2020-01-01T00:00:00Z",
    [REQUIRED]: { code: "C", tag: "t" },
    [OPTIONAL]: { level: 10 },
  },
];

describe("a list of a resource type that the operator added", () => {
  let client: CustomClient;
  let ids: string[];
  let resources: ScimObject[];
  before(async () => {
    client = await customClient();
    ids = [];
    for (const one of corpus) ids.push(await client.create(one));
    // Another directory's, which no list below may show.
    await (await client.ofOtherDirectory("others")).create({ text: "Alpha", count: 3 });
    resources = (await client.get("/TestResources")).body["Resources"] as ScimObject[];
    const asked = (await client.get("/TestResources?attributes=request,parts.note")).body["Resources"] as ScimObject[];
    assert.deepEqual(asked.find(({ request }) => request === "r")?.["id"], ids[6]);
  });

  /** Where in the corpus the resources of an answer stand. */
  const places = (found: unknown): number[] => (found as { id: string }[]).map(({ id }) => ids.indexOf(id));
  const sorted = async (query: string): Promise<number[]> => {
    const { status, body } = await client.get(`/TestResources?${query}`);
    assert.equal(status, 200, textOf(body["detail"]));
    return places(body["Resources"]);
  };

  it("filters every attribute by every operator as the evaluator does", async () => {
    const source = customResourceList(testType, BASE_URL);
    const who = { ...client.who, directoryId: client.directoryId };
    const forgiving = leniency("tolerant");
    const filters = [...filtersOf(testType.attributes, resources)];
    assert.ok(filters.length > 200, String(filters.length));
    let found = 0;
    for (const text of filters) {
      const filter = resolveFilter(testType, parseFilter(text, forgiving), forgiving);
      const asked = { source, filter, sort: null, selected: defaultSelection(testType) };
      const { items } = await listResources(client.db, who, [asked], { kind: "index", startIndex: 1, count: 100 });
      const expected = resources.filter((one) => matches(filter, one)).map(({ id }) => id);
      assert.deepEqual(new Set(items.map(({ row }) => row.id)), new Set(expected), text);
      found += items.length;
    }
    assert.ok(found > filters.length, "most filters find something");
  });

  const answers: [filter: string, found: number[]][] = [
    ['text eq "ALPHA"', [0]],
    ['exactText eq "B"', [0]],
    ['moment eq "2026-01-31T08:30:00Z"', [1, 2]],
    ['moment gt "2026-01-31T08:29:59.999Z" and flag eq false', [1]],
    ['parts[type eq "small" and size eq 5]', [7]],
    ['parts.type eq "small" and parts.size eq 5', [6, 7]],
    ['not (texts co "b")', [0, 1, 2, 3, 6, 7]],
    ["counts gt 2", [4]],
    ['owner.value eq "v"', [3]],
    ["parts pr and not (serial pr)", [6]],
    [`${OPTIONAL}:level ge 10`, [7]],
    [`${OPTIONAL}:labels eq "l" or ${REQUIRED}:tag eq "T"`, [6, 7]],
    [`${testType.schema}:count lt 0`, [1]],
    ['externalId eq "E1"', [1]],
    ['meta.resourceType eq "TestResource" and count pr', [0, 1]],
    [`schemas eq "${OPTIONAL}"`, [6, 7]],
    ['request eq "r"', [6]],
    ['readOnly eq "x"', []],
  ];
  for (const [filter, expected] of answers) {
    it(`filters by ${filter}`, async () => {
      // Ids are in the order of creation.
      assert.deepEqual(
        (await client.find(filter)).map((id) => ids.indexOf(id)),
        expected,
      );
    });
  }

  it("finds one by its id, and by its address", async () => {
    const [id = ""] = ids;
    assert.deepEqual(await client.find(`id eq "${id}"`), [id]);
    assert.deepEqual(await client.find(`meta.location eq "${BASE_URL}/TestResources/${id}"`), [id]);
  });

  for (const filter of ['unheardOf eq "x"', "flag gt true", 'bytes co "x"', 'count eq "x"', 'moment eq "x"']) {
    it(`refuses the filter ${filter}`, async () => {
      const { status, body } = await client.get(`/TestResources?filter=${encodeURIComponent(filter)}`);
      assert.deepEqual([status, body["scimType"]], [400, "invalidFilter"]);
    });
  }

  it("sorts by what the type of an attribute says, with those without a value last (RFC 7644 §3.4.2.3)", async () => {
    assert.deepEqual(await sorted("sortBy=text"), [0, 1, 3, 4, 6, 2, 7, 5]);
    assert.deepEqual((await sorted("sortBy=count")).slice(0, 2), [1, 0]);
    assert.deepEqual((await sorted("sortBy=amount&sortOrder=descending")).slice(-2), [0, 1]);
    assert.deepEqual((await sorted("sortBy=exactText")).slice(0, 2), [0, 1]);
    assert.deepEqual((await sorted(`sortBy=${OPTIONAL}:level`)).slice(0, 2), [6, 7]);
    assert.deepEqual((await sorted("sortBy=owner.since")).slice(0, 1), [3]);
    // The primary value of many, else the first.
    assert.deepEqual((await sorted("sortBy=parts.size")).slice(0, 2), [6, 7]);
    assert.deepEqual((await sorted("sortBy=moment")).slice(0, 2), [1, 2]);
  });

  it("is paged by index and by cursor, with a total that is right (RFC 7644 §3.4.2.4, RFC 9865)", async () => {
    const first = (await client.get("/TestResources?startIndex=3&count=2")).body;
    assert.deepEqual([first["totalResults"], first["itemsPerPage"], places(first["Resources"])], [8, 2, [2, 3]]);
    const seen: number[] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined;) {
      const { body } = await client.get(`/TestResources?sortBy=text&count=3&cursor=${cursor}`);
      assert.equal(body["totalResults"], 8);
      seen.push(...places(body["Resources"]));
      cursor = body["nextCursor"] as string | undefined;
    }
    assert.deepEqual(seen, [0, 1, 3, 4, 6, 2, 7, 5]);
  });

  it("shows of each what is asked for, and nothing that is never returned", async () => {
    const { body } = await client.get(`/TestResources?attributes=count,${OPTIONAL}:level&sortBy=text&count=2`);
    const [one] = body["Resources"] as ScimObject[];
    assert.deepEqual(Object.keys(one ?? {}).sort(), ["count", "id", "schemas"]);
    const whole = (await client.get("/TestResources?excludedAttributes=meta")).body["Resources"] as ScimObject[];
    assert.ok(whole.every((each) => !("meta" in each) && !("request" in each)));
  });

  it("is searched by POST too, at the type and among all types at the root (RFC 7644 §3.4.3, §3.4.2.1)", async () => {
    const search = (more: object) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], ...more });
    const atType = await client.send("POST", "/TestResources/.search", search({ filter: 'color eq "RED"' }));
    assert.deepEqual(places(atType.body["Resources"]), [0]);
    const atRoot = await client.send(
      "POST",
      "/.search",
      search({ filter: 'meta.resourceType eq "TestResource"', count: 3 }),
    );
    assert.deepEqual([atRoot.body["totalResults"], atRoot.body["itemsPerPage"]], [8, 3]);
    const mixed = await client.get(`/?filter=${encodeURIComponent('externalId eq "e1"')}`);
    assert.deepEqual(places(mixed.body["Resources"]), [0]);
    assert.equal(at(mixed.body, "/Resources/0/meta/resourceType"), "TestResource");
  });
});

/** For each attribute that may be asked for: whether it is there, and every operator with a value that occurs. */
function* filtersOf(attributes: readonly Attribute[], among: readonly ScimObject[], prefix = ""): Generator<string> {
  for (const attribute of attributes) {
    const { name, returned, subAttributes = [] } = attribute;
    // What is returned on request alone the evaluator does not see in these answers.
    if (returned === "never" || returned === "request") continue;
    const path = prefix + name;
    yield `${path} pr`;
    const values = among.flatMap((one) => valuesOf(one[name]));
    if (attribute.type === "complex") {
      const inner = values.filter((value) => typeof value === "object" && value !== null) as ScimObject[];
      yield* filtersOf(subAttributes, inner, `${path}${isContainer(attribute) ? ":" : "."}`);
      continue;
    }
    for (const value of new Set(values.slice(0, 2))) {
      for (const op of OPERATORS[attribute.type]) yield `${path} ${op} ${JSON.stringify(value)}`;
    }
  }
}

function valuesOf(value: ScimValue | undefined): ScimValue[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
