import assert from "node:assert/strict";
import * as fc from "fast-check";
import { Refusal } from "../../src/base/errors.ts";
import { BULK_REQUEST, parseBulk, type BulkOperation, type BulkRequest } from "../../src/scim/bulkMessage.ts";
import { planBulk } from "../../src/scim/bulkPlan.ts";
import { bulkIdsIn, resolveBulkIds } from "../../src/scim/bulkReferences.ts";
import { type DialectName, leniency } from "../../src/scim/dialects.ts";
import type { ScimValue } from "../../src/scim/types.ts";
import { enterpriseUrn } from "./fixtures.ts";
import { refuses } from "./patching.ts";

function read(body: unknown, dialect: DialectName = "rfc", maxOperations = 5): BulkRequest {
  return parseBulk(body, maxOperations, leniency(dialect));
}

function bulk(...operations: unknown[]): object {
  return { schemas: [BULK_REQUEST], Operations: operations };
}

const remove = { method: "DELETE", path: "/Users/1" };

describe("the BulkRequest message (RFC 7644 §3.7)", () => {
  it("is read with method, bulkId, version, path and data of each operation", () => {
    const post = { method: "POST", path: "/Users", bulkId: "a", data: { userName: "ana" } };
    const put = { method: "PUT", path: "/Users/1", version: 'W/"3"', data: {} };
    const { operations, failOnErrors } = read({ ...bulk(post, put), failOnErrors: 2 });
    const nothing = { bulkId: undefined, version: undefined, target: undefined };
    assert.deepEqual(operations, [
      { ...nothing, ...post, endpoint: "/Users" },
      { ...nothing, ...put, endpoint: "/Users", target: "1" },
    ]);
    assert.equal(failOnErrors, 2);
    assert.equal(read(bulk(remove)).failOnErrors, Infinity);
  });

  it("takes a relative path with and without its first slash, and leaves one that is none to its operation", () => {
    const [bare, encoded, ...others] = [
      "Users/1",
      "/Users/bulkId:a%2Fb",
      "",
      "/",
      "/Users/1/2",
      "/Users?a",
      "/Users/%zz",
    ];
    const targets = (path: string | undefined) => read(bulk({ method: "DELETE", path })).operations[0];
    assert.deepEqual([targets(bare)?.endpoint, targets(bare)?.target], ["/Users", "1"]);
    assert.equal(targets(encoded)?.target, "bulkId:a/b");
    for (const path of [...others, undefined]) assert.equal(targets(path)?.endpoint, "", path);
  });

  for (const [what, body] of [
    ["no object", []],
    ["null", null],
    ["no schemas", { Operations: [remove] }],
    ["another message's schema", { ...bulk(remove), schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"] }],
    ["no Operations", { schemas: [BULK_REQUEST] }],
    ["Operations that are no array", { schemas: [BULK_REQUEST], Operations: remove }],
    ["no operation", bulk()],
    ["an operation that is no object", bulk("DELETE")],
    ["an operation within an array", bulk([remove])],
    ["no method", bulk({ path: "/Users/1" })],
    ["GET, which changes nothing", bulk({ ...remove, method: "GET" })],
    ["a method that is no string", bulk({ ...remove, method: 1 })],
    ["a path that is no string", bulk({ ...remove, path: ["/Users/1"] })],
    ["a bulkId that is no string", bulk({ ...remove, bulkId: 1 })],
    ["a version that is no string", bulk({ ...remove, version: 3 })],
  ] as const) {
    it(`with ${what} is refused as a whole with invalidSyntax`, () => {
      for (const dialect of ["rfc", "tolerant", "interop"] as const)
        refuses(() => read(body, dialect), "invalidSyntax");
    });
  }

  it("with a bulkId that is there twice is refused with invalidValue: it must be unique within the request", () => {
    const twice = bulk({ ...remove, bulkId: "a" }, { ...remove, bulkId: "b" }, { ...remove, bulkId: "a" });
    refuses(() => read(twice), "invalidValue", /bulkId a /);
    assert.equal(read(bulk({ ...remove, bulkId: "a" }, { ...remove, bulkId: "A" })).operations.length, 2);
  });

  it("with a failOnErrors that counts no errors is refused with invalidValue", () => {
    for (const failOnErrors of [0, -1, 1.5, "1", true, []]) {
      refuses(() => read({ ...bulk(remove), failOnErrors }), "invalidValue", /failOnErrors/);
    }
    assert.equal(read({ ...bulk(remove), failOnErrors: null }).failOnErrors, Infinity);
  });

  it("above maxOperations is refused with 413 and the limit in the detail (RFC 7644 §3.7.4)", () => {
    const many = (count: number): object => bulk(...Array.from({ length: count }, () => remove));
    assert.equal(read(many(5)).operations.length, 5);
    assert.throws(
      () => read(many(6)),
      (error) =>
        error instanceof Refusal && error.code === "content_too_large" && /maxOperations is 5\b/.test(error.message),
    );
  });

  it("has keys and methods in any case where that is forgiven", () => {
    const body = { schemas: [BULK_REQUEST], operations: [{ Method: "delete", Path: "/Users/1", BULKID: "a" }] };
    const [first] = read(body, "tolerant").operations;
    assert.deepEqual([first?.method, first?.target, first?.bulkId], ["DELETE", "1", "a"]);
    refuses(() => read(body), "invalidSyntax");
    refuses(() => read(bulk({ ...remove, method: "delete" })), "invalidSyntax");
  });

  it("fails with nothing but a Refusal, whatever the body", () => {
    const anyOperation = fc.record(
      {
        method: fc.oneof(fc.constantFrom("POST", "PUT", "DELETE", "patch"), fc.jsonValue()),
        path: fc.oneof(fc.constantFrom("/Users", "Groups/bulkId:a", "/%"), fc.string(), fc.jsonValue()),
        bulkId: fc.oneof(fc.constantFrom("a", ""), fc.jsonValue()),
        version: fc.jsonValue(),
        data: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const anyBody = fc.record(
      {
        schemas: fc.oneof(fc.constant([BULK_REQUEST]), fc.jsonValue()),
        failOnErrors: fc.oneof(fc.integer({ min: -1, max: 3 }), fc.jsonValue()),
        Operations: fc.oneof({ weight: 5, arbitrary: fc.array(anyOperation, { maxLength: 6 }) }, fc.jsonValue()),
      },
      { requiredKeys: ["schemas", "Operations"] },
    );
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: anyBody }, fc.jsonValue()), (body) => {
        try {
          planBulk(read(JSON.parse(JSON.stringify(body)), "tolerant").operations);
        } catch (error) {
          assert.ok(error instanceof Refusal, String(error instanceof Error ? error.stack : error));
        }
      }),
      { numRuns: 500 },
    );
  });
});

function operation(method: BulkOperation["method"], more: Partial<BulkOperation> = {}): BulkOperation {
  const absent = { bulkId: undefined, version: undefined, target: undefined, data: undefined };
  return { ...absent, method, path: "/Users", endpoint: "/Users", ...more };
}

describe("references by bulkId (RFC 7644 §3.7.2)", () => {
  const ids: Record<string, string> = { a: "1", "x/y": "2" };
  const put = (data: ScimValue): ScimValue => resolveBulkIds(data, (bulkId) => ids[bulkId]);

  it("are replaced wherever a value is one: members, managers, $ref, values of PATCH, any depth", () => {
    assert.deepEqual(
      put({
        members: [{ value: "bulkId:a", $ref: "../Users/bulkId:a" }, { value: "7" }],
        [enterpriseUrn]: { manager: { value: "bulkId:x/y" } },
        owner: "bulkId:a",
        tags: ["bulkId:a", "b"],
        Operations: [{ op: "add", path: "manager", value: "bulkId:a" }],
      }),
      {
        members: [{ value: "1", $ref: "../Users/1" }, { value: "7" }],
        [enterpriseUrn]: { manager: { value: "2" } },
        owner: "1",
        tags: ["1", "b"],
        Operations: [{ op: "add", path: "manager", value: "1" }],
      },
    );
  });

  it("are replaced in the filter of a PATCH path, where they stand in quotes", () => {
    const path = 'members[value eq "bulkId:a" or value eq "bulkId:z"]';
    assert.deepEqual(put({ Operations: [{ op: "remove", path }] }), {
      Operations: [{ op: "remove", path: 'members[value eq "1" or value eq "bulkId:z"]' }],
    });
  });

  it("are no texts that only speak of one", () => {
    const data = { displayName: "see bulkId:a", title: 'the "bulkId:a"', nickName: "BULKID:a", note: "xbulkId:a" };
    assert.deepEqual(put(data), data);
  });

  it("without an id yet leave out the whole value that they are a part of, and no other", () => {
    assert.deepEqual(
      put({
        displayName: "A",
        owner: "bulkId:later",
        members: [{ value: "bulkId:later", type: "User" }, { value: "bulkId:a" }],
        tags: ["bulkId:later", "b"],
        [enterpriseUrn]: { manager: { value: "bulkId:later", displayName: "B" }, department: "HR" },
      }),
      { displayName: "A", members: [{ value: "1" }], tags: ["b"], [enterpriseUrn]: { department: "HR" } },
    );
  });

  it("are found in data and path, and not in the data that DELETE does not have", () => {
    const data = { members: [{ value: "bulkId:a" }, { value: "bulkId:b" }, { value: "bulkId:a" }] };
    assert.deepEqual([...bulkIdsIn(operation("PUT", { target: "bulkId:c", data }))], ["c", "a", "b"]);
    assert.deepEqual([...bulkIdsIn(operation("DELETE", { target: "bulkId:c", data }))], ["c"]);
    assert.deepEqual([...bulkIdsIn(operation("POST", { target: "c", data: "bulkId:" }))], [""]);
  });
});

describe("the order of Bulk operations (RFC 7644 §3.7.1)", () => {
  const post = (bulkId: string, ...refers: string[]): BulkOperation =>
    operation("POST", { bulkId, data: { members: refers.map((it) => ({ value: `bulkId:${it}` })) } });
  const steps = (...operations: BulkOperation[]): string[] =>
    planBulk(operations).map(
      (step) => step.operations.map(({ bulkId, method }) => bulkId ?? method).join("+") + (step.isCircle ? "!" : ""),
    );

  it("is the request's own where nothing refers forward", () => {
    assert.deepEqual(steps(post("a"), operation("DELETE"), post("b", "a"), operation("PUT")), [
      "a",
      "DELETE",
      "b",
      "PUT",
    ]);
  });

  it("has what a reference means go before it, and nothing else move", () => {
    assert.deepEqual(steps(post("a", "c"), post("b"), post("c", "d"), post("d")), ["d", "c", "a", "b"]);
    const patching = operation("PATCH", { target: "bulkId:b" });
    assert.deepEqual(steps(operation("DELETE"), patching, post("a"), post("b")), ["DELETE", "b", "PATCH", "a"]);
  });

  it("takes creations in a circle together, and what leads to or from them apart", () => {
    assert.deepEqual(steps(post("x", "a"), post("a", "b"), post("b", "c", "y"), post("c", "a"), post("y")), [
      "y",
      "a+b+c!",
      "x",
    ]);
    assert.deepEqual(steps(post("a", "a"), post("b", "nobody")), ["a!", "b"]);
  });

  it("is one in which every creation goes before what refers to it, unless they are in one circle, whatever refers to what", () => {
    const references = fc.array(fc.uniqueArray(fc.nat({ max: 7 }), { maxLength: 3 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(references, (refers) => {
        const operations = refers.map((others, at) => post(String(at), ...others.map(String)));
        const plan = planBulk(operations);
        const stepOf = new Map(plan.flatMap((step, at) => step.operations.map((each) => [each, at] as const)));
        assert.equal(stepOf.size, operations.length);
        const reach = closure(refers);
        for (const [from, others] of refers.entries()) {
          for (const to of others.filter((it) => it < refers.length)) {
            const [a = -1, b = -1] = [from, to].map((it) => stepOf.get(operations[it] ?? operation("PUT")));
            assert.ok(a >= b);
            assert.equal(a === b, reach[to]?.has(from), `${from} and ${to} in one step`);
            if (a === b) assert.ok(plan[a]?.isCircle);
          }
        }
      }),
    );
  });

  it("is found for a chain as long as a request may be", () => {
    const chain = Array.from({ length: 1000 }, (_, at) => post(String(at), String(at + 1)));
    assert.equal(steps(...chain)[0], "999");
    assert.deepEqual(
      planBulk([...chain, post("1000", "0")]).map((step) => step.operations.length),
      [1001],
    );
  });
});

/** What each place leads to, itself only by a way back. */
function closure(refers: readonly (readonly number[])[]): ReadonlySet<number>[] {
  return refers.map((_, start) => {
    const seen = new Set<number>();
    const walk = (at: number): void => {
      for (const next of refers[at] ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        walk(next);
      }
    };
    walk(start);
    return seen;
  });
}
