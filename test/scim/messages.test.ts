import assert from "node:assert/strict";
import * as fc from "fast-check";
import { Refusal, type RefusalCode, refusalStatus } from "../../src/base/errors.ts";
import {
  type Capabilities,
  resourceTypeByName,
  resourceTypeList,
  schemaById,
  schemaList,
  serviceProviderConfig,
} from "../../src/scim/discovery.ts";
import { listResponse, pagingOf } from "../../src/scim/list.ts";
import { errorMessage, scimError } from "../../src/scim/messages.ts";
import { type ScimObject, ScimRefusal } from "../../src/scim/types.ts";
import { enterpriseUrn, groupUrn, registry, userUrn } from "./fixtures.ts";

const limits = { defaultCount: 100, maxCount: 200 };
const base = "http://localhost:8080/scim/v2";

describe("paging by index (RFC 7644 §3.4.2.4)", () => {
  it("begins at 1 with the server's own count where nothing is asked", () => {
    assert.deepEqual(pagingOf({}, limits), { kind: "index", startIndex: 1, count: 100 });
    assert.deepEqual(pagingOf({ startIndex: null, count: "" }, limits), { kind: "index", startIndex: 1, count: 100 });
  });

  it("takes a startIndex below 1 as 1, a negative count as 0, a count above the maximum as the maximum", () => {
    assert.deepEqual(pagingOf({ startIndex: "0", count: "-1" }, limits), { kind: "index", startIndex: 1, count: 0 });
    assert.deepEqual(pagingOf({ startIndex: -5, count: 0 }, limits), { kind: "index", startIndex: 1, count: 0 });
    assert.deepEqual(pagingOf({ startIndex: "3", count: "1000" }, limits), {
      kind: "index",
      startIndex: 3,
      count: 200,
    });
  });

  it("takes an index far beyond any list without losing its way", () => {
    assert.deepEqual(pagingOf({ startIndex: "9".repeat(30) }, limits), {
      kind: "index",
      startIndex: Number.MAX_SAFE_INTEGER,
      count: 100,
    });
  });

  for (const bad of [
    "x",
    "1.5",
    "1e3",
    "0x10",
    " 1",
    "1;drop",
    "9".repeat(40),
    1.5,
    true,
    {},
    ["1", "2"],
    Number.NaN,
  ]) {
    it(`refuses ${JSON.stringify(bad)} as invalidValue`, () => {
      for (const name of ["startIndex", "count"]) {
        assert.throws(
          () => pagingOf({ [name]: bad }, limits),
          (error: unknown) =>
            error instanceof ScimRefusal && error.scimType === "invalidValue" && error.message.startsWith(name),
        );
      }
    });
  }

  it("always gives a page within the limits", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (startIndex, count) => {
        const page = pagingOf({ startIndex: String(startIndex), count }, limits);
        assert.ok(page.kind === "index" && page.startIndex >= 1 && page.count >= 0 && page.count <= limits.maxCount);
      }),
    );
  });
});

describe("ListResponse (RFC 7644 §3.4.2)", () => {
  it("row 27: tells the true total, the items of this page, and has Resources even if empty", () => {
    assert.deepEqual(listResponse([], 0, { startIndex: 1 }), {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
      totalResults: 0,
      startIndex: 1,
      itemsPerPage: 0,
      Resources: [],
    });
    const page = listResponse([{ id: "a" }, { id: "b" }], 7, { startIndex: 6 });
    assert.deepEqual([page["totalResults"], page["startIndex"], page["itemsPerPage"]], [7, 6, 2]);
  });
});

describe("Error message (RFC 7644 §3.12)", () => {
  it("row 16: has `status` as a string, and the scimType of a SCIM refusal", () => {
    assert.deepEqual(errorMessage(new ScimRefusal("invalidFilter", "no such operator")), {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
      status: "400",
      scimType: "invalidFilter",
      detail: "no such operator",
    });
  });

  it("has 409 for uniqueness and 403 for sensitive (erratum 6893)", () => {
    assert.equal(errorMessage(new ScimRefusal("uniqueness", "taken")).status, "409");
    assert.equal(errorMessage(new ScimRefusal("sensitive", "no")).status, "403");
    const taken = errorMessage(new Refusal("user_name_exists", "taken"));
    assert.deepEqual([taken.status, taken.scimType], ["409", "uniqueness"]);
  });

  it("row 61: has invalidSyntax for a body that could not be read", () => {
    assert.equal(errorMessage(new Refusal("invalid_request", "not JSON")).scimType, "invalidSyntax");
  });

  it("has no scimType where the RFC has no keyword", () => {
    for (const code of ["not_found", "unauthenticated", "seat_limit_reached", "rate_limited"] as const) {
      assert.ok(!("scimType" in errorMessage(new Refusal(code, "x"))));
    }
    assert.deepEqual(Object.keys(scimError(500, "internal error")), ["schemas", "status", "detail"]);
  });

  it("equals the HTTP status for every refusal there is", () => {
    for (const code of Object.keys(refusalStatus) as RefusalCode[]) {
      assert.equal(errorMessage(new Refusal(code, "x")).status, String(refusalStatus[code]));
    }
  });
});

describe("discovery (RFC 7644 §4)", () => {
  const capabilities: Capabilities = {
    patch: true,
    filter: { maxResults: 200 },
    changePassword: true,
    sort: false,
    etag: false,
    authenticationSchemes: [{ type: "oauthbearertoken", name: "Bearer token", description: "RFC 6750", primary: true }],
    pagination: { defaultPageSize: 100, maxPageSize: 200, cursorTimeout: 60 },
  };

  it("ServiceProviderConfig has each member that RFC 7643 §5 requires, and pagination of RFC 9865", () => {
    assert.deepEqual(serviceProviderConfig(capabilities, base), {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
      patch: { supported: true },
      bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
      filter: { supported: true, maxResults: 200 },
      changePassword: { supported: true },
      sort: { supported: false },
      etag: { supported: false },
      authenticationSchemes: [
        { type: "oauthbearertoken", name: "Bearer token", description: "RFC 6750", primary: true },
      ],
      pagination: {
        cursor: true,
        index: true,
        defaultPaginationMethod: "index",
        defaultPageSize: 100,
        maxPageSize: 200,
        cursorTimeout: 60,
      },
      meta: { resourceType: "ServiceProviderConfig", location: `${base}/ServiceProviderConfig` },
    });
    const bulk = { maxOperations: 10, maxPayloadSize: 1000 };
    assert.deepEqual(serviceProviderConfig({ ...capabilities, bulk }, base)["bulk"], { supported: true, ...bulk });
  });

  it("ResourceTypes and Schemas are ListResponses whose members are the single resources", () => {
    for (const [list, single] of [
      [resourceTypeList(registry, base), resourceTypeByName],
      [schemaList(registry, base), schemaById],
    ] as const) {
      const resources = list["Resources"] as ScimObject[];
      assert.ok(resources.length > 0);
      assert.equal(list["totalResults"], resources.length);
      for (const resource of resources) {
        assert.deepEqual(single(registry, (resource["id"] as string).toUpperCase(), base), resource);
        const meta = resource["meta"] as ScimObject;
        assert.equal(meta["location"], `${base}/${meta["resourceType"] as string}s/${resource["id"] as string}`);
      }
    }
  });

  it("every schema that a resource type names is listed under the same id; messages never are", () => {
    const listed = (schemaList(registry, base)["Resources"] as ScimObject[]).map(({ id }) => id);
    assert.deepEqual(new Set(listed), new Set([groupUrn, userUrn, enterpriseUrn]));
    for (const { definition } of registry.resourceTypes) {
      for (const { schema } of [definition, ...definition.schemaExtensions]) assert.ok(listed.includes(schema), schema);
    }
  });

  it("a schema shows each characteristic of each attribute and no null (Entra ID reads it so)", () => {
    const characteristics = "name type multiValued description required caseExact mutability returned uniqueness".split(
      " ",
    );
    const withParts = (attribute: ScimObject): ScimObject[] => [
      attribute,
      ...((attribute["subAttributes"] ?? []) as ScimObject[]),
    ];
    const schemas = schemaList(registry, base)["Resources"] as ScimObject[];
    const attributes = schemas.flatMap((schema) => (schema["attributes"] as ScimObject[]).flatMap(withParts));
    assert.ok(attributes.length > 70);
    for (const attribute of attributes) {
      for (const name of characteristics) assert.ok(attribute[name] !== undefined, JSON.stringify(attribute));
      assert.notEqual(attribute["description"], "");
    }
    assert.ok(!JSON.stringify(schemas).includes("null"));
  });

  it("the id of a resource type is its name", () => {
    assert.equal(resourceTypeByName(registry, "user", base)["id"], "User");
  });

  it("what does not exist is not found", () => {
    const isNotFound = (error: unknown): boolean => error instanceof Refusal && error.code === "not_found";
    for (const name of ["Nope", "", "/Users", "constructor"]) {
      assert.throws(() => resourceTypeByName(registry, name, base), isNotFound);
      assert.throws(() => schemaById(registry, name, base), isNotFound);
    }
  });
});
