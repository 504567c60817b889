import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { atIntervals, inBatches } from "../../src/events/intervals.ts";
import { createLogger } from "../../src/http/logger.ts";

function logInto(lines: string[]) {
  return createLogger("error", { write: (line: string) => void lines.push(line) });
}

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await turn();
}

describe("work at intervals", () => {
  it("begins at once, comes again after a fault, which is logged, and comes no more once it is stopped", async () => {
    const lines: string[] = [];
    let times = 0;
    const work = async (): Promise<void> => {
      times++;
      if (times === 1) throw new Error("the database is gone");
    };
    const intervals = atIntervals(1, work, logInto(lines), "it will be done again");
    assert.equal(times, 1);
    await until(() => times >= 3);
    await intervals.stop();
    const done = times;
    for (let i = 0; i < 50; i++) await turn();
    assert.equal(times, done);
    assert.equal(lines.length, 1);
    assert.match(lines.join(""), /it will be done again/);
    assert.match(lines.join(""), /the database is gone/);
  });

  it("is never done twice at the same time, and a stop waits for what is being done", async () => {
    let [running, most, begun] = [0, 0, 0];
    const work = async (): Promise<void> => {
      begun++;
      most = Math.max(most, ++running);
      for (let i = 0; i < 20; i++) await turn();
      running--;
    };
    const intervals = atIntervals(1, work, logInto([]), "unused");
    await until(() => begun >= 3);
    await intervals.stop();
    assert.deepEqual([most, running], [1, 0]);
  });
});

describe("work in batches", () => {
  it("goes on while batches are full, and counts all", async () => {
    const sizes = [3, 3, 1, 9];
    assert.equal(await inBatches(3, async () => sizes.shift() ?? 0), 7);
    assert.deepEqual(sizes, [9]);
  });
});
