import assert from "node:assert/strict";
import { newId } from "../../src/base/ids.ts";
import { event } from "../../src/events/event.ts";
import { insertEvent } from "../../src/events/journal.store.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import { api } from "../support/api.ts";
import { newTenant } from "../support/tenant.ts";
import { items, place, type Place, refused } from "./place.ts";

let here: Place;
beforeEach(async () => {
  here = await place();
});

/** So many events about as many members, a second apart. */
async function happen(count: number): Promise<string[]> {
  const { db, tenantId } = here;
  const begin = Date.now() - count * 1_000;
  const told = Array.from({ length: count }, (_, i) => {
    const who = { actor: { type: "operator" }, now: new Date(begin + i * 1_000) } as const;
    return event(who, "member.updated", { type: "member", id: newId(who.now) }, { n: i });
  });
  for (let i = 0; i < told.length; i += 200) {
    await onceInTenant(db, { tenantId }, ...told.slice(i, i + 200).map((each) => insertEvent(tenantId, each)));
  }
  return told.map(({ id }) => id);
}

function lines(text: string): Record<string, unknown>[] {
  assert.ok(text.endsWith("\n"));
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function exported(query: string): Promise<Record<string, unknown>[]> {
  const reply = await here.call("GET", `/events.ndjson${query}`);
  assert.equal(reply.status, 200, reply.text);
  return lines(reply.text);
}

describe("events.ndjson", () => {
  it("is a line for each event, in the form and order of the list", async () => {
    await happen(3);
    const listed = items(await here.call("GET", "/events?limit=200"));
    assert.deepEqual(await exported(""), listed);
  });

  it("holds every event once, however many pages that takes, in either order", async () => {
    const ids = await happen(1_203);
    for (const order of ["desc", "asc"]) {
      const found = (await exported(`?type=member.updated&order=${order}`)).map(({ id }) => String(id));
      assert.equal(found.length, ids.length);
      assert.deepEqual(found.toSorted(), ids.toSorted());
    }
  });

  it("takes the filters of the list", async () => {
    await happen(5);
    await here.call("POST", "/directories", { name: "Second", provider: "okta" });
    const [latest] = items(await here.call("GET", "/events?limit=1"));
    assert.ok(latest);
    const about = (latest["target"] as { id: string }).id;
    const since = encodeURIComponent(String(latest["at"]));
    for (const query of [
      "type=directory.created",
      "actor=operator",
      "target=directory",
      `target=${about}`,
      `since=${since}`,
    ]) {
      const listed = items(await here.call("GET", `/events?limit=200&${query}`));
      assert.ok(listed.length > 0, query);
      assert.deepEqual(await exported(`?${query}`), listed, query);
    }
    assert.equal((await here.call("GET", "/events.ndjson?actor=scim_token")).text, "");
    refused(await here.call("GET", "/events.ndjson?since=yesterday"), 400, "invalid_request");
    refused(await here.call("GET", "/events.ndjson?limit=5"), 400, "invalid_request");
  });

  it("is offered as a file named after the tenant", async () => {
    const { headers } = await here.call("GET", "/events.ndjson");
    assert.equal(headers["content-disposition"], `attachment; filename="events-${here.slug}.ndjson"`);
    assert.match(headers["content-type"] ?? "", /^application\/x-ndjson/);
  });

  it("is another tenant's for nobody, and needs events:export", async () => {
    const other = await newTenant();
    const view = await here.as("events:view");
    refused(await view("GET", "/events.ndjson"), 403, "forbidden");
    refused(await view("GET", "/events.csv"), 403, "forbidden");
    const may = await here.as("events:export");
    assert.equal((await may("GET", "/events.ndjson")).status, 200);
    const { body } = await here.call("POST", "/api-keys", { name: "all", permissions: ["*"] });
    refused(await api(here.db).as(body.key).get(`/tenants/${other.slug}/events.csv`), 404, "not_found");
  });
});

describe("events.csv", () => {
  it("is a table of RFC 4180 with a header line, whose cells hold the event", async () => {
    const [id] = await happen(1);
    const { text, headers } = await here.call("GET", "/events.csv?type=member.updated");
    assert.match(headers["content-type"] ?? "", /^text\/csv; charset=utf-8; header=present/);
    const [header, row, end] = text.split("\r\n");
    assert.equal(header, "id,type,at,actorType,actorId,targetType,targetId,data");
    assert.match(row ?? "", new RegExp(`^${id},member\\.updated,[^,]+,operator,,member,[^,]+,"{""n"":0}"$`));
    assert.equal(end, "");
  });

  it("lets a spreadsheet run nothing that somebody called a thing by", async () => {
    await here.call("POST", "/directories", { name: "=HYPERLINK(1)", provider: "@SUM(1)" });
    const { text } = await here.call("GET", "/events.csv");
    const cells = text.split(/[\r\n]+/).flatMap((line) => line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/));
    assert.ok(cells.some((cell) => cell.includes("HYPERLINK")));
    assert.deepEqual(
      cells.filter((cell) => /^"?[=+\-@\t\r]/.test(cell)),
      [],
    );
  });
});
