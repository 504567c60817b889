/** Which route a path finds, and what a request's target is made of. */
import assert from "node:assert/strict";
import { paths } from "../../src/http/paths.ts";
import { targetOf } from "../../src/http/target.ts";

const tree = paths<string>();
for (const pattern of ["/", "/Users", "/Users/.search", "/Users/:id", "/Schemas/:name"])
  tree.add(pattern, `at ${pattern}`);

const found = (path: string): unknown => {
  const { pattern, params } = tree.find(path) ?? {};
  return pattern && [pattern, { ...params }];
};

describe("a path finds its route", () => {
  it("whatever its case and with a slash at its end, and names keep theirs", () => {
    assert.deepEqual(found("/users"), ["/Users", {}]);
    assert.deepEqual(found("/USERS/"), ["/Users", {}]);
    assert.deepEqual(found("/users/AbC"), ["/Users/:id", { id: "AbC" }]);
    assert.deepEqual(found("/"), ["/", {}]);
  });

  it("of its own before one of any name", () => {
    assert.deepEqual(found("/Users/.search"), ["/Users/.search", {}]);
    assert.deepEqual(found("/Users/.searching"), ["/Users/:id", { id: ".searching" }]);
  });

  it("with names decoded, and a slash within one is no end of it (RFC 3986 §2.2)", () => {
    assert.deepEqual(found("/Users/a%2Fb%20%C3%A9"), ["/Users/:id", { id: "a/b é" }]);
    assert.deepEqual(found("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"), [
      "/Schemas/:name",
      { name: "urn:ietf:params:scim:schemas:core:2.0:User" },
    ]);
    assert.deepEqual(found("/Users/a;b"), ["/Users/:id", { id: "a;b" }]);
  });

  it("with names of any length", () => {
    assert.deepEqual(found(`/Users/${"x".repeat(10_000)}`), ["/Users/:id", { id: "x".repeat(10_000) }]);
  });

  for (const path of ["", "/Nothing", "/Users//", "/Users/a/b", "//Users", "/Users/%", "/Users/%ff", "/%zz"]) {
    it(`and not this one: ${JSON.stringify(path)}`, () => assert.equal(found(path), undefined));
  }
});

describe("a request's target", () => {
  for (const [url, path, query] of [
    ["/a/b", "/a/b", undefined],
    ["/a?b=c?d", "/a", "b=c?d"],
    ["/a?", "/a", ""],
    ["/a#b", "/a", undefined],
    ["/a#?b", "/a", undefined],
    ["/a?b#c", "/a", "b"],
    ["http://usher.example/a?b", "/a", "b"],
    ["http://usher.example", "/", undefined],
    ["http://usher.example?b", "/", "b"],
    ["*", "*", undefined],
  ] as const) {
    it(`${url} has its path and query (RFC 9112 §3.2)`, () => assert.deepEqual(targetOf({ url }), { path, query }));
  }
});
