import assert from "node:assert/strict";
import supertest from "supertest";
import { createLogger } from "../../src/http/logger.ts";
import { scimSurface } from "../../src/provisioning/index.ts";
import { ownSchemas, readSchemaFiles } from "../../src/provisioning/schemaFiles.ts";
import { createRegistry } from "../../src/scim/registry.ts";
import { ways } from "../support/api.ts";
import { ENTERPRISE, at, BASE_URL, patchOp, testProvisioningLog, textOf, USER, user } from "../support/scim.ts";
import { customClient, REQUIRED, resource } from "./customClient.ts";
import {
  bulkClient,
  bulkRequest,
  idOf,
  postGroup,
  postUser,
  sendChunked,
  statusesOf,
  type BulkResult,
} from "./bulkClient.ts";
import { group, GROUP, NOBODY, values } from "./groupClient.ts";

const MANAGER = `/${ENTERPRISE}/manager/value`;

function managedBy(value: string): object {
  return { [ENTERPRISE]: { manager: { value } } };
}

describe("Bulk operations (RFC 7644 §3.7)", () => {
  it("create, replace, change and delete, with results in the order of the request", async () => {
    const client = await bulkClient();
    const [ana = "", ben = "", cleo = ""] = await client.people("ana", "ben", "cleo");
    const results = await client.run([
      postUser("dora"),
      { method: "PUT", path: `/Users/${ana}`, bulkId: "mine", data: user("ana@example.com", { title: "Nurse" }) },
      { method: "PATCH", path: `/Users/${ben}`, data: patchOp({ op: "add", path: "title", value: "Cook" }) },
      { method: "DELETE", path: `/Users/${cleo}` },
      postGroup("A", [ana]),
    ]);
    assert.deepEqual(statusesOf(results), ["201", "200", "200", "204", "201"]);
    assert.deepEqual(results.slice(1, 4), [
      { location: `${BASE_URL}/Users/${ana}`, method: "PUT", bulkId: "mine", version: 'W/"2"', status: "200" },
      { location: `${BASE_URL}/Users/${ben}`, method: "PATCH", version: 'W/"2"', status: "200" },
      { location: `${BASE_URL}/Users/${cleo}`, method: "DELETE", status: "204" },
    ]);
    assert.deepEqual([results[0]?.bulkId, results[4]?.bulkId], ["dora", "A"]);
    const { body } = await client.get(`/Users/${ana}`);
    assert.deepEqual([body["title"], at(body, "/meta/version")], ["Nurse", 'W/"2"']);
    assert.equal((await client.get(`/Users/${cleo}`)).status, 404);
    assert.deepEqual(await client.membersOf(idOf(results[4])), [ana]);
  });

  it("tell versions that the resources have, of groups too", async () => {
    const client = await bulkClient();
    const [ana = ""] = await client.people("ana");
    const a = await client.newGroup("A");
    const [changed, replaced] = await client.run([
      { method: "PATCH", path: `/Groups/${a}`, data: patchOp({ op: "add", path: "members", value: values([ana]) }) },
      { method: "PUT", path: `/Groups/${a}`, data: group("B") },
    ]);
    assert.equal(changed?.version, 'W/"2"');
    assert.equal(replaced?.version, await client.versionOf(a));
  });

  it("have their ids and times from their own turn", async () => {
    const client = await bulkClient();
    const results = await client.run(["ana", "ben", "cleo"].map((name) => postUser(name)));
    const ids = results.map(idOf);
    assert.deepEqual(ids.toSorted(), ids);
  });

  it("fail each for itself: the others are carried out", async () => {
    const client = await bulkClient();
    const [ana = ""] = await client.people("ana");
    const results = await client.run([
      postUser("ana"),
      { method: "POST", path: "/Users", bulkId: "x", data: user("") },
      { method: "PATCH", path: `/Users/${ana}`, data: patchOp({ op: "remove", path: "userName" }) },
      { method: "PUT", path: `/Users/${NOBODY}`, data: user("nobody@example.com") },
      { method: "DELETE", path: "/Groups/not-a-uuid" },
      postUser("ben"),
    ]);
    assert.deepEqual(statusesOf(results), ["409", "400", "400", "404", "404", "201"]);
    const scimTypes = results.map(({ response }) => response?.["scimType"]);
    assert.deepEqual(scimTypes, ["uniqueness", "invalidValue", "mutability", undefined, undefined, undefined]);
    assert.equal(results[3]?.location, `${BASE_URL}/Users/${NOBODY}`);
    assert.deepEqual((await client.find('userName co "@example.com"')).body["totalResults"], 2);
  });

  it("that are amiss in themselves are refused in their own result", async () => {
    const client = await bulkClient();
    const [ana = ""] = await client.people("ana");
    const data = user("ben@example.com");
    for (const [operation, status] of [
      [{ method: "POST", path: "/Users", data }, "400"],
      [{ method: "POST", path: "/Users", bulkId: "", data }, "400"],
      [{ method: "POST", path: `/Users/${ana}`, bulkId: "b", data }, "400"],
      [{ method: "PUT", path: "/Users", data }, "400"],
      [{ method: "PUT", path: `/Users/${ana}` }, "400"],
      [{ method: "PATCH", path: `/Users/${ana}`, data: null }, "400"],
      [{ method: "PATCH", path: `/Users/${ana}`, data: "x" }, "400"],
      [{ method: "DELETE", path: "/Users" }, "400"],
      [{ method: "DELETE" }, "400"],
      [{ method: "DELETE", path: `${BASE_URL}/Users/${ana}` }, "400"],
      [{ method: "DELETE", path: `/Users/${ana}?x=y` }, "400"],
      [{ method: "POST", path: "/Bulk", bulkId: "b", data: bulkRequest([postUser("ben")]) }, "404"],
      [{ method: "POST", path: "/.search", bulkId: "b", data: {} }, "404"],
      [{ method: "POST", path: "/Nowhere", bulkId: "b", data }, "404"],
      [{ method: "PUT", path: "/Schemas/x", data }, "404"],
      [{ method: "DELETE", path: "/ServiceProviderConfig" }, "404"],
      [{ method: "PATCH", path: "/Me/x", data: patchOp() }, "404"],
    ] as const) {
      const before = await client.snapshot();
      const [result] = await client.run([operation]);
      assert.equal(result?.status, status, JSON.stringify(operation));
      assert.deepEqual(await client.snapshot(), before);
    }
  });

  it("end when failOnErrors have failed; what was not carried out is not reported", async () => {
    const client = await bulkClient();
    await client.people("ana");
    const operations = [
      postUser("b"),
      postUser("ana"),
      postUser("c"),
      { method: "DELETE", path: "/Users/x" },
      postUser("d"),
    ];
    assert.deepEqual(statusesOf(await client.run(operations, { failOnErrors: 1 })), ["201", "409"]);
    assert.deepEqual(statusesOf(await client.run(operations.slice(2), { failOnErrors: 1 })), ["201", "404"]);
    const all = await client.run(operations.slice(1), { failOnErrors: 3 });
    assert.deepEqual(statusesOf(all), ["409", "409", "404"]);
    assert.deepEqual(statusesOf(await client.run([postUser("e"), postUser("f")], { failOnErrors: 1 })), ["201", "201"]);
  });

  it("compare `version` as If-Match (RFC 7644 §3.14), and take no header of the whole for their own", async () => {
    const client = await bulkClient();
    const [ana = "", ben = ""] = await client.people("ana", "ben");
    const path = `/Users/${ana}`;
    const title = (value: string) => patchOp({ op: "replace", path: "title", value });
    const results = await client.run([
      { method: "PATCH", path, version: 'W/"1"', data: title("A") },
      { method: "PATCH", path, version: 'W/"1"', data: title("B") },
      { method: "PUT", path, version: 'W/"1"', data: user("ana@example.com") },
      { method: "DELETE", path, version: "nonsense" },
      { method: "PATCH", path, version: '"2"', data: title("C") },
      { method: "DELETE", path: `/Users/${ben}`, version: "*" },
    ]);
    assert.deepEqual(statusesOf(results), ["200", "412", "412", "412", "200", "204"]);
    assert.equal((await client.get(path)).body["title"], "C");
    const ifMatch = { "if-match": 'W/"9"' };
    const { body } = await client.send("POST", "/Bulk", {
      headers: ifMatch,
      body: bulkRequest([{ method: "PATCH", path, data: title("D") }]),
    });
    assert.equal(at(body, "/Operations/0/status"), "200");
  });

  it("reach no resource of another tenant, by path or by reference", async () => {
    const [client, other] = [await bulkClient({ dialect: "rfc" }), await bulkClient()];
    const [stranger = ""] = await other.people("stranger");
    const theirs = await other.newGroup("Theirs");
    const results = await client.run([
      { method: "DELETE", path: `/Users/${stranger}` },
      { method: "PATCH", path: `/Groups/${theirs}`, data: patchOp({ op: "replace", path: "displayName", value: "X" }) },
      postGroup("A", [stranger]),
      postUser("ana", { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE], ...managedBy(stranger) }),
    ]);
    assert.deepEqual(statusesOf(results), ["404", "404", "400", "404"]);
    assert.equal((await other.get(`/Users/${stranger}`)).status, 200);
  });

  it("want the message of PATCH as data by the letter, and forgive the bare array of §3.7.3 (erratum 5050)", async () => {
    const operations = [{ op: "add", path: "title", value: "Nurse" }];
    for (const [dialect, status] of [
      ["tolerant", "200"],
      ["rfc", "400"],
    ] as const) {
      const client = await bulkClient({ dialect });
      const [ana = ""] = await client.people("ana");
      const path = `/Users/${ana}`;
      const results = await client.run([
        { method: "PATCH", path, data: operations },
        { method: "PATCH", path, data: { Operations: operations } },
      ]);
      assert.deepEqual(statusesOf(results), [status, status]);
    }
  });
});

describe("references by bulkId (RFC 7644 §3.7.2)", () => {
  it("forward and back, in members, manager, path and PATCH, stand for the id of what was created", async () => {
    const client = await bulkClient();
    const results = await client.run([
      postGroup("A", ["bulkId:ana", "bulkId:ben"]),
      postUser("ana", managedBy("bulkId:ben")),
      postUser("ben"),
      {
        method: "PATCH",
        path: "/Groups/bulkId:A",
        data: patchOp({ op: "remove", path: 'members[value eq "bulkId:ana"]' }),
      },
      {
        method: "PATCH",
        path: "/Groups/bulkId:A",
        data: patchOp({ op: "add", path: "members", value: values(["bulkId:cleo"]) }),
      },
      { method: "PATCH", path: "/Users/bulkId:ben", data: patchOp({ op: "add", path: "title", value: "Head" }) },
      postUser("cleo"),
      { method: "PUT", path: "/Users/bulkId:cleo", data: user("cleo@example.com", managedBy("bulkId:ana")) },
      postUser("dora"),
      { method: "DELETE", path: "/Users/bulkId:dora" },
    ]);
    assert.deepEqual(statusesOf(results), ["201", "201", "201", "200", "200", "200", "201", "200", "201", "204"]);
    const [a, ana, ben, , , , cleo, , dora, gone] = results.map(idOf);
    assert.deepEqual(
      results.map(({ bulkId }) => bulkId ?? ""),
      ["A", "ana", "ben", "", "", "", "cleo", "", "dora", ""],
    );
    assert.deepEqual(await client.membersOf(a ?? ""), [ben ?? "", cleo ?? ""].sort());
    assert.equal(at((await client.get(`/Users/${ana}`)).body, MANAGER), ben);
    assert.equal(at((await client.get(`/Users/${cleo}`)).body, MANAGER), ana);
    assert.equal((await client.get(`/Users/${ben}`)).body["title"], "Head");
    assert.deepEqual([gone, (await client.get(`/Users/${dora}`)).status], [dora, 404]);
  });

  it("to what no operation creates are 400 invalidValue, and 409 to what could not be created", async () => {
    const client = await bulkClient();
    await client.people("ana");
    const results = await client.run([
      postGroup("A", ["bulkId:nobody"]),
      postUser("ana"),
      postGroup("B", ["bulkId:ana"]),
      { method: "DELETE", path: "/Users/bulkId:ana" },
      { method: "PATCH", path: "/Users/bulkId:nobody", bulkId: "p", data: patchOp() },
      { method: "PUT", path: "/Users/bulkId:p", data: user("p@example.com") },
      postUser("bulkId:x", { userName: "bulkId:userName" }),
    ]);
    assert.deepEqual(statusesOf(results), ["400", "409", "409", "409", "400", "400", "400"]);
    assert.deepEqual(
      results.map(({ response }) => response?.["scimType"] ?? ""),
      ["invalidValue", "uniqueness", "", "", "invalidValue", "invalidValue", "invalidValue"],
    );
    assert.match(textOf(results[2]?.response?.["detail"]), /bulkId ana\b/);
    assert.equal(results[3]?.location, `${BASE_URL}/Users/bulkId:ana`);
    assert.deepEqual(await client.findGroups("displayName pr"), []);
  });

  it("count as errors too, and nothing that they would have changed is changed", async () => {
    const client = await bulkClient();
    await client.people("ana");
    const operations = [postGroup("A", ["bulkId:ana"]), postGroup("B"), postUser("ana")];
    assert.deepEqual(statusesOf(await client.run(operations, { failOnErrors: 2 })), ["409", "409"]);
    assert.deepEqual(await client.findGroups("displayName pr"), []);
  });

  it("in a circle of managers are all there in the end", async () => {
    const client = await bulkClient();
    const results = await client.run([
      postUser("ana", { ...managedBy("bulkId:ben"), password: "correct horse battery" }),
      postUser("ben", managedBy("bulkId:cleo")),
      postUser("cleo", managedBy("bulkId:ana")),
      postUser("self", managedBy("bulkId:self")),
      postGroup("A", ["bulkId:ana", "bulkId:self"]),
    ]);
    assert.deepEqual(statusesOf(results), ["201", "201", "201", "201", "201"]);
    const [ana = "", ben = "", cleo = "", self = "", a = ""] = results.map(idOf);
    for (const [at_, [id, manager]] of [
      [ana, ben],
      [ben, cleo],
      [cleo, ana],
      [self, self],
    ].entries()) {
      const { body } = await client.get(`/Users/${id}`);
      assert.equal(at(body, MANAGER), manager);
      assert.equal(results[at_]?.version, at(body, "/meta/version"));
    }
    assert.deepEqual(await client.membersOf(a), [ana, self].sort());
    assert.deepEqual(
      (await client.eventTypes()).filter((type) => type === "member.deleted"),
      [],
    );
  });

  for (const dialect of ["rfc", "interop"] as const) {
    it(`in a circle are written by the letter of the dialect ${dialect} too`, async () => {
      const client = await bulkClient({ dialect });
      const managed = (name: string, manager: string) =>
        postUser(name, { schemas: [USER, ENTERPRISE], ...managedBy(`bulkId:${manager}`) });
      const results = await client.run([managed("ana", "ben"), managed("ben", "ana")]);
      assert.deepEqual(statusesOf(results), ["201", "201"]);
      const [ana, ben] = results.map(idOf);
      assert.equal(at((await client.get(`/Users/${ana}`)).body, MANAGER), ben);
      assert.equal(at((await client.get(`/Users/${ben}`)).body, MANAGER), ana);
    });
  }

  it("in a circle stand or fall together: 409 for those that had no fault of their own, and nothing is left", async () => {
    const client = await bulkClient();
    await client.people("cleo");
    const before = await client.find("userName pr");
    const results = await client.run([
      postUser("ana", managedBy("bulkId:ben")),
      postUser("ben", managedBy("bulkId:cleo")),
      postUser("cleo", managedBy("bulkId:ana")),
      postUser("dora", managedBy("bulkId:ana")),
      postUser("emil"),
    ]);
    assert.deepEqual(statusesOf(results), ["409", "409", "409", "409", "201"]);
    assert.equal(results[2]?.response?.["scimType"], "uniqueness");
    assert.match(textOf(results[0]?.response?.["detail"]), /circle.*bulkId cleo\b/);
    const after = await client.find("userName pr");
    assert.equal(Number(after.body["totalResults"]), Number(before.body["totalResults"]) + 1);
    // The names are free again: nothing of the circle is left.
    assert.deepEqual(statusesOf(await client.run([postUser("ana"), postUser("ben")])), ["201", "201"]);
  });

  it("in a circle with what is wrong in itself write nothing at all, not even for a moment", async () => {
    const client = await bulkClient();
    const before = await client.snapshot();
    const results = await client.run([
      postUser("ana", managedBy("bulkId:ben")),
      postUser("ben", { ...managedBy("bulkId:ana"), emails: 5 }),
    ]);
    assert.deepEqual(statusesOf(results), ["409", "400"]);
    assert.deepEqual(await client.snapshot(), before);
  });

  it("in a circle of resources of the operator's own are put in what is immutable too, for it was empty", async () => {
    const client = await customClient();
    const post = (bulkId: string, other: string) => ({
      method: "POST",
      path: "/TestResources",
      bulkId,
      data: resource({ immutable: `bulkId:${other}`, writeOnly: "secret" }),
    });
    const { body } = await client.send("POST", "/Bulk", bulkRequest([post("a", "b"), post("b", "a")]));
    const results = body["Operations"] as unknown as BulkResult[];
    assert.deepEqual(statusesOf(results), ["201", "201"]);
    const [a, b] = results.map(idOf);
    assert.equal((await client.get(`/TestResources/${a}`)).body["immutable"], b);
    assert.equal((await client.get(`/TestResources/${b}`)).body["immutable"], a);
  });

  it("in a circle that are required to create anything are 409, and nothing is left", async () => {
    const client = await customClient();
    const post = (bulkId: string, other: string) => ({
      method: "POST",
      path: "/TestResources",
      bulkId,
      data: resource({ [REQUIRED]: { code: `bulkId:${other}` } }),
    });
    const { body } = await client.send("POST", "/Bulk", bulkRequest([post("a", "b"), post("b", "a")]));
    const results = body["Operations"] as unknown as BulkResult[];
    assert.deepEqual(statusesOf(results), ["409", "409"]);
    assert.match(textOf(results[0]?.response?.["detail"]), /before what refers back to it/);
    assert.deepEqual(await client.find("id pr"), []);
  });

  it("of two groups that name one another are refused as groups in groups are, and neither is left", async () => {
    const client = await bulkClient();
    const nested = (name: string, other: string) => ({
      method: "POST",
      path: "/Groups",
      bulkId: name,
      data: { schemas: [GROUP], displayName: name, members: [{ type: "Group", value: `bulkId:${other}` }] },
    });
    const results = await client.run([nested("qwerty", "ytrewq"), nested("ytrewq", "qwerty")]);
    assert.deepEqual(statusesOf(results).toSorted(), ["400", "409"]);
    assert.deepEqual(await client.findGroups("displayName pr"), []);
  });
});

describe("limits of Bulk (RFC 7644 §3.7.4)", () => {
  it("are told by /ServiceProviderConfig and kept to the last: 413 with the limit in the detail, and no change", async () => {
    const client = await bulkClient();
    const { body } = await client.get("/ServiceProviderConfig");
    const { supported, maxOperations, maxPayloadSize } = body["bulk"] as Record<string, number>;
    assert.equal(supported, true);
    const operations = (count: number) => Array.from({ length: count }, () => ({ method: "DELETE", path: "/Users/x" }));
    assert.equal((await client.run(operations(maxOperations ?? 0))).length, maxOperations);
    const before = await client.snapshot();
    const tooMany = await client.post(bulkRequest([postUser("ana"), ...operations(maxOperations ?? 0)]));
    assert.equal(tooMany.status, 413);
    assert.match(textOf(tooMany.body["detail"]), new RegExp(`maxOperations is ${maxOperations}\\b`));
    const tooLarge = await client.post(bulkRequest([postUser("ana", { title: "x".repeat(maxPayloadSize ?? 0) })]));
    assert.equal(tooLarge.status, 413);
    assert.match(textOf(tooLarge.body["detail"]), new RegExp(`\\b${maxPayloadSize}\\b`));
    assert.deepEqual(await client.snapshot(), before);
  });

  it("hold for a body of chunks whose length nobody said", async () => {
    const client = await bulkClient();
    const { body } = await client.get("/ServiceProviderConfig");
    const maxPayloadSize = Number(at(body, "/bulk/maxPayloadSize"));
    const text = JSON.stringify(bulkRequest([postUser("ana", { title: "x".repeat(maxPayloadSize) })]));
    const { status, detail } = await sendChunked(client.token, text);
    assert.equal(status, 413);
    assert.match(detail, new RegExp(`\\b${maxPayloadSize}\\b`));
    assert.equal((await client.find("userName pr")).body["totalResults"], 0);
  });

  it("are those of the token's rate too: each operation counts as a request, and nothing is done without room for all", async () => {
    const client = await bulkClient();
    const { schemas, resourceTypes } = readSchemaFiles(ownSchemas);
    const parts = {
      ...ways,
      provisioningLog: await testProvisioningLog(),
      db: client.db,
      registry: createRegistry(schemas, resourceTypes),
      log: createLogger("silent"),
    };
    const rate = { requests: 4, seconds: 60 };
    const app = scimSurface({ ...parts, publicUrl: "http://localhost", rate });
    const send = (token: string, ...names: string[]) =>
      supertest(app)
        .post("/scim/v2/Bulk")
        .set({ authorization: `Bearer ${token}`, "content-type": "application/scim+json" })
        .send(JSON.stringify(bulkRequest(names.map((name) => postUser(name)))));
    assert.equal((await send(client.token, "a", "b", "c")).status, 200);
    const refused = await send(client.token, "d", "e");
    assert.equal(refused.status, 429);
    assert.match(String(refused.headers["retry-after"]), /^\d+$/);
    assert.equal((await client.find("userName pr")).body["totalResults"], 3);
  });

  it("take the request as a whole where it is none: 400 and no change, 405 for another method", async () => {
    const client = await bulkClient();
    const before = await client.snapshot();
    for (const body of [
      "{",
      [],
      {},
      patchOp(),
      bulkRequest([]),
      bulkRequest([postUser("a"), postUser("a")]),
      bulkRequest([postUser("a"), { method: "GET", path: "/Users" }]),
    ]) {
      const { status, body: shown } = await client.post(body);
      assert.equal(status, 400, JSON.stringify(body));
      assert.match(textOf(shown["scimType"]), /^invalid(Syntax|Value)$/);
    }
    assert.deepEqual(await client.snapshot(), before);
    const answer = await client.get("/Bulk");
    assert.deepEqual([answer.status, answer.headers["allow"]], [405, "POST"]);
    assert.equal(
      (await client.send("POST", "/Bulk", { headers: { authorization: null }, body: bulkRequest([]) })).status,
      401,
    );
  });
});

describe("seats and Bulk", () => {
  it("are right to the last one: the first come, the others are 403 or wait, as the tenant has it", async () => {
    const refuse = await bulkClient({ seatLimit: 3, settings: { seats: { whenFull: { scim: "refuse" } } } });
    const people = ["a", "b", "c", "d", "e"].map((name) => postUser(name));
    const results = await refuse.run(people);
    assert.deepEqual(statusesOf(results), ["201", "201", "201", "403", "403"]);
    assert.match(textOf(results[3]?.response?.["detail"]), /^User seat limit reached: 3 of 3 seats used/);
    const waiting = await bulkClient({ seatLimit: 3 });
    assert.deepEqual(statusesOf(await waiting.run(people)), ["201", "201", "201", "201", "201"]);
    const seats = await waiting.seats();
    assert.deepEqual([seats?.used, seats?.waiting], [3, 2]);
  });

  it("under two jobs at once none is sold twice", async () => {
    const client = await bulkClient({ seatLimit: 10, settings: { seats: { whenFull: { scim: "refuse" } } } });
    const job = (prefix: string) => client.run(Array.from({ length: 8 }, (_, index) => postUser(`${prefix}${index}`)));
    const all = (await Promise.all([job("a"), job("b"), job("c")])).flatMap(statusesOf);
    assert.equal(all.filter((status) => status === "201").length, 10);
    assert.equal(all.filter((status) => status === "403").length, 14);
    assert.equal((await client.seats())?.used, 10);
  });

  it("that an operation frees go on to the next within the same job", async () => {
    const client = await bulkClient({ seatLimit: 1, settings: { seats: { whenFull: { scim: "refuse" } } } });
    const results = await client.run([
      postUser("ana"),
      postUser("ben"),
      { method: "PATCH", path: "/Users/bulkId:ana", data: patchOp({ op: "replace", path: "active", value: false }) },
      postUser("cleo"),
    ]);
    assert.deepEqual(statusesOf(results), ["201", "403", "200", "201"]);
    assert.equal((await client.seats())?.used, 1);
  });
});
