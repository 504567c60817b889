import assert from "node:assert/strict";
import * as fc from "fast-check";
import { levelOf, seatNews, whenToTell } from "../../src/directory/seats/seatLevels.ts";
import type { JournalEvent } from "../../src/events/journalReader.store.ts";

const HOUR = 3_600_000;

describe("the level of seats in use", () => {
  const cases: readonly (readonly [used: number | null, limit: number | null, level: number])[] = [
    [0, 10, 0],
    [7, 10, 0],
    [8, 10, 80],
    [9, 10, 90],
    [10, 10, 100],
    [12, 10, 100],
    [79, 99, 0],
    [80, 99, 80],
    [1, 2, 0],
    [2, 2, 100],
    [1, 1, 100],
    [0, 0, 0],
    [3, 0, 0],
    [null, null, 0],
  ];
  for (const [used, limit, level] of cases) {
    it(`is ${level} at ${used} of ${limit}`, () => assert.equal(levelOf(used, limit), level));
  }

  it("never falls while use grows, and says no more than is true", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 1000 }), (used, limit) => {
        const level = levelOf(used, limit);
        assert.ok(level <= levelOf(used + 1, limit));
        assert.ok((used / limit) * 100 >= level - 1e-9);
      }),
    );
  });
});

describe("when to tell that someone waits", () => {
  const now = new Date("2026-11-21T12:00:00Z");
  const before = (ms: number): Date => new Date(now.getTime() - ms);

  const MINUTE = 60_000;
  const inAMinute = new Date(now.getTime() + MINUTE);
  it("is in a minute, the first time", () => assert.deepEqual(whenToTell(null, now), inAMinute));
  it("is in a minute, an hour after the last time", () => assert.deepEqual(whenToTell(before(HOUR), now), inAMinute));
  it("is in a minute where the hour is over before", () => {
    assert.deepEqual(whenToTell(before(HOUR - MINUTE / 2), now), inAMinute);
  });
  it("is an hour after the last time, within it", () => {
    assert.deepEqual(whenToTell(before(HOUR / 4), now), new Date(now.getTime() + (HOUR / 4) * 3));
  });
  it("is no more than that, where it is to come anyway", () => assert.equal(whenToTell(before(-1), now), null));

  it("is at most once an hour, however often someone begins to wait", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 * HOUR }), { maxLength: 100 }), (gaps) => {
        let [at, last] = [now, null as Date | null];
        const told: number[] = [];
        for (const gap of gaps) {
          at = new Date(at.getTime() + gap);
          const next = whenToTell(last, at);
          if (next === null) continue;
          told.push(next.getTime());
          last = next;
        }
        for (const [i, time] of told.entries()) assert.ok(i === 0 || time - (told[i - 1] ?? 0) >= HOUR);
      }),
    );
  });
});

describe("what an event says of the seats", () => {
  const news = (type: string, data: Record<string, unknown>): unknown => seatNews({ type, data } as JournalEvent);

  it("is that someone waits, of a creation and of a change", () => {
    assert.equal(news("member.created", { seat: "waiting" }), "waiting");
    assert.equal(news("member.updated", { seat: ["held", "waiting"] }), "waiting");
  });

  it("is that they moved, where a seat was taken, freed or given, or the limit changed", () => {
    assert.equal(news("member.created", { seat: "held" }), "moved");
    assert.equal(news("member.suspended", { seat: ["held", "none"] }), "moved");
    assert.equal(news("member.seat_promoted", { seat: ["waiting", "held"] }), "moved");
    assert.equal(news("member.deleted", { seat: "held" }), "moved");
    assert.equal(news("tenant.updated", { seatLimit: [2, 1] }), "moved");
    assert.equal(news("plan.changed", { seatLimit: [2, 1] }), "moved");
    assert.equal(news("tenant.updated", { seatLimit: [null, 2] }), "moved");
    assert.equal(news("tenant.updated", { seatLimit: [2, null] }), "moved");
  });

  it("is that more were bought, where a limit was raised", () => {
    assert.equal(news("tenant.updated", { seatLimit: [1, 2] }), "raised");
    assert.equal(news("plan.changed", { seatLimit: [0, 2] }), "raised");
  });

  it("is nothing of anything else", () => {
    assert.equal(news("member.created", { seat: "none" }), null);
    assert.equal(news("member.updated", { attributes: ["title"] }), null);
    assert.equal(news("member.deleted", { seat: "waiting" }), null);
    assert.equal(news("tenant.updated", { attributes: ["name"] }), null);
    assert.equal(news("group.created", { seat: "held" }), null);
  });
});
