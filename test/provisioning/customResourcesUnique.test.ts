/** Uniqueness of a schema's attributes (RFC 7643 §2.2 and §7): `server` is the directory, `global` the tenant. */
import assert from "node:assert/strict";
import { at, statuses, textOf, type Answer } from "../support/scim.ts";
import { customClient, REQUIRED, resource, type CustomClient } from "./customClient.ts";

function isTaken({ status, body }: Answer, detail: RegExp): void {
  assert.deepEqual([status, body["scimType"]], [409, "uniqueness"], textOf(body["detail"]));
  assert.match(textOf(body["detail"]), detail);
}

describe("a unique attribute", () => {
  let client: CustomClient;
  before(async () => {
    client = await customClient();
  });

  const same: [what: string, first: object, second: object, detail: RegExp][] = [
    [
      "whatever its case, where it is not caseExact",
      { serial: "Straße-1" },
      { serial: "STRAßE-1" },
      /^serial is taken/,
    ],
    ["in the same case, where it is", { exactSerial: "abc" }, { exactSerial: "abc" }, /^exactSerial is taken/],
    [
      "as the same moment in another time zone",
      { bornAt: "2026-01-31T09:30:00Z" },
      { bornAt: "2026-01-31T10:30:00.000+01:00" },
      /^bornAt is taken/,
    ],
    [
      "as a part of one of many values",
      { addresses: [{ value: "x@example.com" }, { value: "y@example.com" }] },
      { addresses: [{ value: "z@example.com" }, { value: "Y@example.com", type: "work" }] },
      /^addresses\.value is taken/,
    ],
    [
      "in an extension",
      { [REQUIRED]: { code: "1", tag: "T" } },
      { [REQUIRED]: { code: "2", tag: "t" } },
      /:Required:tag is taken/,
    ],
    ["at great length", { serial: "x".repeat(100_000) }, { serial: "X".repeat(100_000) }, /^serial is taken/],
    ["within the tenant", { guid: "one" }, { guid: "ONE" }, /^guid is taken by another TestResource of this tenant/],
  ];
  for (const [what, first, second, detail] of same) {
    it(`refuses the value of another ${what}, and keeps nothing of it`, async () => {
      await client.create(first);
      const before = (await client.get("/TestResources?count=0")).body["totalResults"];
      isTaken(await client.post(resource(second)), detail);
      assert.equal((await client.get("/TestResources?count=0")).body["totalResults"], before);
    });
  }

  it("takes values that differ: by case where that counts, twice in one resource, and none at all", async () => {
    await client.create({ exactSerial: "case" });
    await client.create({ exactSerial: "CASE" });
    await client.create({
      addresses: [
        { value: "twice@example.com", type: "a" },
        { value: "twice@example.com", type: "b" },
      ],
    });
    await client.create();
    await client.create();
    // Of two attributes, each has its own values.
    await client.create({ serial: "of-one" });
    await client.create({ guid: "of-one" });
  });

  it("refuses PUT and PATCH too, and then changes nothing", async () => {
    await client.create({ serial: "held" });
    const id = await client.create({ serial: "own" });
    isTaken(await client.send("PUT", `/TestResources/${id}`, resource({ serial: "HELD" })), /^serial is taken/);
    isTaken(
      await client.operate(
        id,
        { op: "add", path: "count", value: 1 },
        { op: "replace", path: "serial", value: "held" },
      ),
      /^serial is taken by another TestResource of this directory; give another value/,
    );
    const { body } = await client.get(`/TestResources/${id}`);
    assert.deepEqual([body["serial"], body["count"], at(body, "/meta/version")], ["own", undefined, 'W/"1"']);
  });

  it("lets a resource keep its own value, in another case too", async () => {
    const id = await client.create({ serial: "mine" });
    const { status, body } = await client.send("PUT", `/TestResources/${id}`, resource({ serial: "MINE" }));
    assert.deepEqual([status, body["serial"]], [200, "MINE"]);
  });

  it("is free again after a change, a removal and a deletion", async () => {
    const first = await client.create({ serial: "free-1" });
    await client.operate(first, { op: "replace", path: "serial", value: "free-2" });
    const second = await client.create({ serial: "free-1" });
    await client.operate(second, { op: "remove", path: "serial" });
    const third = await client.create({ serial: "free-1" });
    await client.send("DELETE", `/TestResources/${third}`);
    await client.create({ serial: "free-1" });
    isTaken(await client.post(resource({ serial: "free-2" })), /serial/);
  });

  it("is taken by exactly one of many who ask at once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => client.post(resource({ serial: "race", count: index }))),
    );
    assert.deepEqual(statuses(answers), [201, ...Array.from({ length: 7 }, () => 409)]);
    assert.equal((await client.find('serial eq "race"')).length, 1);
  });

  it("changes hands crosswise without anybody waiting for ever", async () => {
    const ids = [await client.create({ serial: "left" }), await client.create({ serial: "right" })];
    const swap = (place: number, serial: string) =>
      client.send("PUT", `/TestResources/${ids[place] ?? ""}`, resource({ serial, exactSerial: serial }));
    const answers = await Promise.all([swap(0, "right"), swap(1, "left")]);
    for (const { status } of answers) assert.ok([200, 409].includes(status));
    const left = await client.find('serial eq "left"');
    const right = await client.find('serial eq "right"');
    assert.ok(left.length <= 1 && right.length <= 1 && left.length + right.length > 0);
  });

  it("knows no other tenant: neither `server` nor `global` tells one customer of another", async () => {
    const stranger = await customClient();
    await client.create({ serial: "everywhere", guid: "everywhere" });
    await stranger.create({ serial: "everywhere", guid: "everywhere" });
  });

  it("goes beyond the directory where it is `global`, and not where it is `server`", async () => {
    const other = await client.ofOtherDirectory("unique");
    await client.create({ serial: "two directories", guid: "two directories" });
    await other.create({ serial: "two directories" });
    isTaken(await other.post(resource({ guid: "two directories" })), /^guid is taken .* of this tenant/);
  });
});
