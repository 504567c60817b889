import assert from "node:assert/strict";
import { poll, type Found } from "../../src/events/poll.ts";
import { until } from "./working.ts";

describe("a loop that looks for work", () => {
  const unexpected = (fault: unknown): void => assert.fail(String(fault));

  it("looks again at once while there is more", async () => {
    let looks = 0;
    const loop = poll(async () => (++looks < 50 ? "more" : "none"), unexpected);
    await until(() => looks >= 50);
    await loop.stop();
  });

  it("looks again by itself where there was nothing", async () => {
    let looks = 0;
    const loop = poll(async () => (looks++, "none"), unexpected);
    await until(() => looks >= 3);
    await loop.stop();
  });

  it("goes on after a fault, which it tells", async () => {
    const faults: unknown[] = [];
    let looks = 0;
    const look = async (): Promise<Found> => {
      if (++looks === 1) throw new Error("no database");
      return "none";
    };
    const loop = poll(look, (fault) => faults.push(fault));
    await until(() => looks >= 2);
    await loop.stop();
    assert.match(String(faults[0]), /no database/);
  });

  it("looks again after a call that came during a look", async () => {
    let looks = 0;
    let look = (): void => {};
    const loop = poll(async () => {
      looks += 1;
      if (looks < 20) look();
      return "none";
    }, unexpected);
    look = () => loop.wake();
    await until(() => looks >= 20);
    await loop.stop();
  });

  it("ends when its last look has ended, and looks no more", async () => {
    let looks = 0;
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const loop = poll(async () => (looks++, await released, "more"), unexpected);
    await until(() => looks === 1);
    let ended = false;
    const ending = loop.stop().then(() => (ended = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(ended, false);
    release();
    await ending;
    loop.wake();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(looks, 1);
  });
});
