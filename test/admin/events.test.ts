import assert from "node:assert/strict";
import { event } from "../../src/events/event.ts";
import { record } from "../../src/events/journal.store.ts";
import { inTenant } from "../../src/storage/scope.ts";
import { onServer } from "../support/database.ts";
import { place, refused, told, type Call, type Place } from "./place.ts";

interface Page {
  readonly items: readonly Record<string, unknown>[];
  readonly total?: number;
  readonly nextCursor: string | null;
}

async function read(call: Call, query: string): Promise<Page> {
  const reply = await call("GET", `/events?${query}`);
  assert.equal(reply.status, 200, reply.text);
  return reply.body as Page;
}

/** Writes an event that tells nothing but a word, in a transaction that ends when `until` does. */
function tell(
  { db, tenantId }: Place,
  word: string,
  until?: Promise<void>,
): { began: Promise<void>; done: Promise<void> } {
  const who = { tenantId, actor: { type: "system" }, now: new Date() } as const;
  let [written, failed]: [() => void, (error: unknown) => void] = [() => {}, () => {}];
  const began = new Promise<void>((resolve, reject) => {
    [written, failed] = [resolve, reject];
  });
  const done = inTenant(db, who, async (scope) => {
    await record(scope, event(who, "tenant.updated", { type: "tenant", id: tenantId }, { word }));
    written();
    await until;
  });
  done.catch(failed);
  return { began, done };
}

function words(page: Page): unknown[] {
  return page.items.map(({ data }) => (data as { word?: string }).word).filter((word) => word !== undefined);
}

/** On a shared server the transactions of other cases hold the horizon back for a moment. */
async function settled<T extends { seen: unknown[] }>(again: () => Promise<T>, count: number): Promise<T> {
  for (let tries = 0; ; tries++) {
    const found = await again();
    if (found.seen.length >= count || tries === 200) return found;
    await new Promise((resolve) => void setTimeout(resolve, 25));
  }
}

describe("GET /events", () => {
  it("shows the latest first, each with who did what to whom and when", async () => {
    const { call, add, tenantId, as } = await place();
    const key = await as("members:create");
    const { id } = await add("ana@example.com");
    await key("POST", "/members", { email: "bea@example.com", name: { givenName: "Bea" } });
    const { items: all, total } = await read(call, "");
    assert.equal(total, all.length);
    const types = all.map(({ type }) => type);
    assert.deepEqual(types.slice(0, 3), ["member.created", "member.created", "api_key.created"]);
    const [last, before] = all;
    assert.equal(told(last, "actor")["type"], "api_key");
    assert.deepEqual(before?.["target"], { type: "member", id });
    assert.deepEqual(before?.["actor"], { type: "operator", id: null });
    assert.equal(told(before, "data")["seat"], "held");
    const made = all.find(({ type }) => type === "tenant.created");
    assert.deepEqual(made?.["target"], { type: "tenant", id: tenantId });
  });

  it("shows another tenant nothing of it", async () => {
    const one = await place();
    await one.add("ana@example.com");
    const other = await place();
    assert.deepEqual((await read(other.call, "type=member.created")).items, []);
    assert.deepEqual((await read(other.call, `target=${one.tenantId}`)).items, []);
    assert.doesNotMatch(JSON.stringify(await read(other.call, "order=asc&limit=200")), new RegExp(one.tenantId));
  });

  it("goes through all in pages, with the total of the first", async () => {
    const { call, add } = await place();
    for (const name of ["ana", "bea", "cid"]) await add(`${name}@example.com`);
    const whole = await read(call, "limit=200");
    const seen: unknown[] = [];
    for (let cursor = ""; ;) {
      const page = await read(call, `limit=2${cursor}`);
      seen.push(...page.items);
      assert.equal(page.total, whole.total);
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
      await add(`later${seen.length}@example.com`);
    }
    assert.deepEqual(seen, whole.items);
  });

  it("finds by type, actor, target and time, alone and together, in both orders", async () => {
    const { call, add, tenantId, push } = await place();
    const { id } = await add("ana@example.com");
    const pushed = await push("bea@example.com");
    await call("PATCH", `/members/${String(id)}`, { jobTitle: "Lead" });
    const at = String((await read(call, `target=${String(id)}&type=member.updated`)).items[0]?.["at"]);
    const long = "1970-01-01T00:00:00Z";
    await settled(async () => ({ seen: [...(await read(call, "order=asc&target=member")).items] }), 3);
    const cases: readonly (readonly [query: string, found: number])[] = [
      ["type=member.created", 2],
      ["type=no.such", 0],
      ["actor=operator&type=member.created", 1],
      ["actor=scim_token", 1],
      [`target=${String(id)}`, 2],
      [`target=${pushed.id}&type=member.created`, 1],
      ["target=member", 3],
      [`actor=${tenantId}`, 0],
      [`since=${at}&target=${String(id)}`, 1],
      [`until=${at}&target=${String(id)}`, 1],
      [`since=${at}&until=${at}`, 0],
      [`since=${long}&until=9999-12-31T23:59:59Z&target=member`, 3],
      [`until=${long}`, 0],
      ["until=0001-01-01T00:00:00Z", 0],
      [`since=${encodeURIComponent("1970-01-01T02:00:00+02:00")}&target=member`, 3],
    ];
    for (const [query, found] of cases) {
      assert.equal((await read(call, query)).items.length, found, query);
      assert.equal((await read(call, `order=asc&${query}`)).items.length, found, query);
      assert.equal((await read(call, query)).total, found, query);
    }
  });

  describe("refuses", () => {
    const id = "01890000-0000-7000-8000-000000000000";
    const cursor = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const cases: readonly (readonly [what: string, query: string, path: string])[] = [
      ["an unknown order", "order=up", "/order"],
      ["an unknown parameter", "who=me", "/who"],
      ["a type that is none", "type=Member", "/type"],
      ["an actor that is neither id nor kind", "actor=ana", "/actor"],
      ["a target that is neither id nor kind", "target=x'%20or%20true", "/target"],
      ["a time that is none", "since=yesterday", "/since"],
      ["a date alone", "until=2026-01-01", "/until"],
      ["a leap second, which no clock here knows", "since=2016-12-31T23:59:60Z", "/since"],
      ["a limit above 200", "limit=201", "/limit"],
      ["a cursor of nonsense", "cursor=nonsense", "/cursor"],
      ["a cursor of the other order", `order=asc&cursor=${cursor({ before: id, total: 1 })}`, "/cursor"],
      ["a cursor of the other order", `cursor=${cursor({ xid: 1, seq: 1 })}`, "/cursor"],
      ["a cursor with a place that is none", `order=asc&cursor=${cursor({ xid: "1", seq: 1 })}`, "/cursor"],
      ["a cursor with a place that is none", `order=asc&cursor=${cursor({ xid: 1.5, seq: 1 })}`, "/cursor"],
      ["a cursor with half a place", `order=asc&cursor=${cursor({ xid: 1, seq: -1 })}`, "/cursor"],
    ];
    for (const [what, query, path] of cases) {
      it(`${what}: ${query.slice(0, 40)}`, async () => {
        const { call } = await place();
        const { errors } = refused(await call("GET", `/events?${query}`), 400, "invalid_request");
        assert.equal((errors as { path: string }[])[0]?.path, path);
      });
    }

    it("a key without events:view", async () => {
      const { as } = await place();
      refused(await (await as("members:view"))("GET", "/events"), 403, "forbidden");
    });
  });
});

describe("GET /events?order=asc, for those who follow the journal", () => {
  /** Reads on until nothing new is there; answers what came and where to go on. */
  async function follow(call: Call, from: string | null, query = ""): Promise<{ seen: unknown[]; next: string }> {
    const seen: unknown[] = [];
    for (let next = from; ;) {
      const page = await read(call, `order=asc&limit=2${query}${next === null ? "" : `&cursor=${next}`}`);
      assert.ok(page.nextCursor !== null && page.total === undefined);
      seen.push(...words(page));
      if (page.items.length === 0) return { seen, next: page.nextCursor };
      next = page.nextCursor;
    }
  }

  it("gives a cursor on the last page too, by which only what came since is seen", async () => {
    const here = await place();
    await tell(here, "one").done;
    await tell(here, "two").done;
    await tell(here, "three").done;
    const first = await settled(() => follow(here.call, null), 3);
    const nothing = await follow(here.call, first.next);
    assert.deepEqual(nothing.seen, []);
    await tell(here, "four").done;
    const later = await settled(() => follow(here.call, nothing.next), 1);
    assert.deepEqual([first.seen, later.seen], [["one", "two", "three"], ["four"]]);
  });

  it("gives a cursor where there is nothing at all", async () => {
    const here = await place();
    const { seen, next } = await follow(here.call, null, "&type=member.created");
    assert.deepEqual(seen, []);
    await here.add("ana@example.com");
    const found = async (): Promise<{ seen: unknown[] }> => {
      const page = await read(here.call, `order=asc&type=member.created&cursor=${next}`);
      return { seen: [...page.items] };
    };
    assert.equal((await settled(found, 1)).seen.length, 1);
  });

  if (onServer) {
    it("misses nothing that commits late: what began earlier is waited for, and comes once", async () => {
      const here = await place();
      const start = await follow(here.call, null);
      let commit: () => void = () => {};
      const slow = tell(here, "slow", new Promise((resolve) => (commit = resolve)));
      await slow.began;
      await tell(here, "quick").done;
      assert.deepEqual(words(await read(here.call, "")), ["quick"], "the quick one has committed");
      const during = await follow(here.call, start.next);
      assert.deepEqual(during.seen, [], "the order of commits is not known yet");
      commit();
      await slow.done;
      const after = await settled(() => follow(here.call, during.next), 2);
      assert.deepEqual(after.seen, ["slow", "quick"]);
      assert.deepEqual((await follow(here.call, after.next)).seen, []);
    });

    it("misses and repeats nothing while many write", async () => {
      const here = await place();
      const wanted = Array.from({ length: 40 }, (_, i) => `word ${i}`);
      const writing = Promise.all(
        wanted.map((word, i) => {
          const pause = new Promise<void>((resolve) => void setTimeout(resolve, (i * 7) % 50));
          return tell(here, word, pause).done;
        }),
      );
      const seen: unknown[] = [];
      let next: string | null = null;
      for (let rounds = 0; rounds < 10; rounds++) {
        const page = await follow(here.call, next);
        seen.push(...page.seen);
        next = page.next;
      }
      await writing;
      const rest = await settled(() => follow(here.call, next), wanted.length - seen.length);
      assert.deepEqual([...seen, ...rest.seen].map(String).toSorted(), wanted.toSorted());
    });
  }
});
