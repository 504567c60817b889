import assert from "node:assert/strict";
import * as fc from "fast-check";
import { isRefusal } from "../../src/base/errors.ts";
import { createTurns } from "../../src/base/turns.ts";

/** Work that ends when the test says so. */
function held(): { readonly work: () => Promise<void>; readonly end: () => void; readonly began: () => boolean } {
  let begun = false;
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const work = (): Promise<void> => {
    begun = true;
    return ended;
  };
  return { work, end: () => end(), began: () => begun };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("turns", () => {
  it("never let more of one key run than may, and lose nobody, whatever fails", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.boolean(), { maxLength: 40 }),
        async (atOnce, all) => {
          const { take } = createTurns({ atOnce, waitMs: null });
          let running = 0;
          const outcomes = await Promise.allSettled(
            all.map((fails) =>
              take("key", async () => {
                assert.ok(++running <= atOnce);
                await settled();
                running--;
                if (fails) throw new Error("failed");
              }),
            ),
          );
          assert.deepEqual(
            outcomes.map(({ status }) => status === "rejected"),
            all,
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it("are given in the order of asking, and to no late comer before", async () => {
    const { take } = createTurns({ atOnce: 1, waitMs: null });
    const order: number[] = [];
    const first = held();
    const all = [take("key", first.work), ...[1, 2, 3].map((i) => take("key", async () => void order.push(i)))];
    first.end();
    all.push(take("key", async () => void order.push(4)));
    await Promise.all(all);
    assert.deepEqual(order, [1, 2, 3, 4]);
  });

  it("are refused at once where more wait than may", async () => {
    const { take } = createTurns({ atOnce: 1, waitMs: null, mostWaiting: 1 });
    const first = held();
    const both = [take("key", first.work), take("key", async () => {})];
    await assert.rejects(
      take("key", async () => {}),
      (error) => isRefusal(error, "unavailable"),
    );
    first.end();
    await Promise.all(both);
  });

  it("of one key do not wait for another's", async () => {
    const { take } = createTurns({ atOnce: 1, waitMs: null });
    const [one, other] = [held(), held()];
    const both = [take("one", one.work), take("other", other.work)];
    await settled();
    assert.ok(one.began() && other.began());
    one.end();
    other.end();
    await Promise.all(both);
  });

  it("that do not come in time are refused as unavailable with Retry-After, and their work never runs", async () => {
    const { take } = createTurns({ atOnce: 1, waitMs: 5 });
    const [first, late] = [held(), held()];
    const running = take("key", first.work);
    await assert.rejects(
      take("key", late.work),
      (error) => isRefusal(error, "unavailable") && error.extra["retryAfterSeconds"] === 5,
    );
    first.end();
    await running;
    await settled();
    assert.equal(late.began(), false);
    await take("key", async () => {});
  });
});
