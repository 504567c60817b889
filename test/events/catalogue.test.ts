import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { createApiKey, revokeApiKey } from "../../src/directory/tenants/apiKeys.ts";
import { deleteDirectory } from "../../src/directory/directories/deleteDirectory.ts";
import { createDirectory, updateDirectory } from "../../src/directory/directories/directories.ts";
import { deleteTenant } from "../../src/directory/tenants/deletedTenants.ts";
import { updateTenant } from "../../src/directory/tenants/tenants.ts";
import { catalogue, dataSchema, eventPatterns, eventTypes, exampleOf } from "../../src/events/catalogue.ts";
import type { EventType } from "../../src/events/event.ts";
import { OPERATOR_PLACE } from "../../src/events/webhook.ts";
import type { Database } from "../../src/storage/types.ts";
import { place, type Place } from "../admin/place.ts";
import { asOwner } from "../storage/catalogue.ts";
import { testDatabase } from "../support/database.ts";
import { eventsPage } from "../support/eventsPage.ts";

const ajv = new Ajv2020({ strict: true, strictTypes: false, allowUnionTypes: true })
  .addFormat("uuid", fullFormats.uuid)
  .addFormat("date-time", fullFormats["date-time"]);
const checks = new Map<EventType, ValidateFunction>(eventTypes.map((type) => [type, ajv.compile(dataSchema(type))]));

interface Written {
  readonly id: string;
  readonly type: string;
  readonly targetType: string;
  readonly data: unknown;
}

/** What is wrong with an event, as lines. */
function faultsOf({ id, type, targetType, data }: Written): string[] {
  const entry = (catalogue as Readonly<Record<string, (typeof catalogue)[EventType]>>)[type];
  const check = checks.get(type as EventType);
  if (!entry || !check) return [`${type} is not in the catalogue`];
  const target = entry.target === targetType ? [] : [`${type} ${id} is about a ${targetType}`];
  return check(data) ? target : [...target, `${type} ${ajv.errorsText(check.errors)} in ${JSON.stringify(data)}`];
}

describe("the catalogue of events", () => {
  for (const type of eventTypes) {
    it(`describes ${type}, with an example that is one`, () => {
      const { data, target } = exampleOf(type);
      assert.deepEqual(faultsOf({ id: "example", type, targetType: target.type, data }), []);
      assert.match(catalogue[type].description, /^[A-Z].*\.$/s);
      for (const [field, { description }] of Object.entries(catalogue[type].data)) {
        assert.match(description, /\w.*\.$/s, field);
      }
    });
  }

  it("refuses what an event of the type does not hold, and misses what it must", () => {
    const example = { id: "example", type: "member.deleted", targetType: "member" };
    const { data } = exampleOf("member.deleted");
    assert.notDeepEqual(faultsOf({ ...example, data: { ...data, password: "secret" } }), []);
    assert.notDeepEqual(faultsOf({ ...example, data: {} }), []);
    assert.notDeepEqual(faultsOf({ ...example, data, targetType: "group" }), []);
    assert.notDeepEqual(faultsOf({ ...example, data, type: "member.exploded" }), []);
  });

  it("offers to endpoints everything, all of each noun, and each type", () => {
    for (const pattern of ["*", "member.*", "scim_token.*", "webhook.disabled"]) {
      assert.ok(eventPatterns.includes(pattern), pattern);
    }
    assert.equal(new Set(eventPatterns).size, eventPatterns.length);
  });

  it("is what docs/events.md says", () => {
    const page = readFileSync(new URL("../../docs/events.md", import.meta.url), "utf8");
    // The formatter breaks lines as it likes.
    const plain = (text: string): string => text.replaceAll(/\s+/g, "");
    assert.equal(plain(page), plain(eventsPage()), "run node scripts/pages.mjs");
  });
});

describe("the journal", () => {
  let db: Database;
  let here: Place;
  before(async () => {
    db = await testDatabase();
    here = await place({ seatLimit: 2 });
  });

  const who = () => ({ tenantId: here.tenantId, actor: { type: "operator" }, now: new Date() }) as const;

  it("holds of members, directories, tokens, keys and tenants what the catalogue says", async () => {
    const ana = await here.add("ana@acme.example", { roles: ["admin"] });
    await here.add("ben@acme.example");
    const { id: pushed } = await here.push("cem@acme.example");
    await here.activate(pushed, false);
    await here.activate(pushed, true);
    await here.unpush(pushed);
    await here.call("PATCH", `/members/${String(ana["id"])}`, { name: { givenName: "Anna", familyName: "Berg" } });
    const directory = await createDirectory(db, who(), { name: "Second", provider: "okta" });
    await updateDirectory(db, who(), directory.id, { name: "Other" });
    await deleteDirectory(db, who(), directory.id, "keep");
    const key = await createApiKey(db, who(), { name: "key", permissions: ["members:view"], expiresAt: null }, ["*"]);
    await revokeApiKey(db, who(), key.id);
    const token = await here.call("POST", "/scim-tokens", { name: "token" });
    await here.call("DELETE", `/scim-tokens/${token.body.id}`);
    const hook = await here.call("POST", "/webhooks", { url: "http://127.0.0.1:9/" });
    await here.call("PATCH", `/webhooks/${hook.body.id}`, { description: "changed" });
    await here.call("POST", `/webhooks/${hook.body.id}/secret`);
    await here.call("POST", `/webhooks/${hook.body.id}/test`);
    await here.call("DELETE", `/webhooks/${hook.body.id}`);
    await updateTenant(db, who(), {
      name: "Renamed",
      ownLimit: { limit: 5 },
      settings: { signIn: { sessionHours: 8 } },
    });
    await deleteTenant(db, who());
    const written = await asOwner<Written>(
      db,
      `select id, type, target_type as "targetType", data from events where tenant_id = $1`,
      [here.tenantId],
    );
    assert.ok(new Set(written.map(({ type }) => type)).size >= 15);
    assert.deepEqual(written.flatMap(faultsOf), []);
  });

  it("holds nothing else of what the suite has done so far through its use-cases", async () => {
    // A tenant's first event is its making, unless a case wrote into the journal by hand.
    const written = await asOwner<Written & { tenantId: string }>(
      db,
      `select e.id, e.type, e.target_type as "targetType", e.data, e.tenant_id as "tenantId" from events e
       where e.tenant_id = $1 or exists (select from tenants t where t.id = e.tenant_id)
       order by e.xid desc limit 20000`,
      [OPERATOR_PLACE],
    );
    const faults = written.filter(({ data }) => !isMadeUp(data)).flatMap(faultsOf);
    assert.deepEqual([...new Set(faults)].slice(0, 10), []);
  });
});

/** Cases that write into the journal by hand mark their events by one of these fields, or say nothing at all. */
const BY_HAND = ["n", "word"];

function isMadeUp(data: unknown): boolean {
  const fields = Object.keys(data as object);
  return fields.length === 0 || fields.some((field) => BY_HAND.includes(field));
}
