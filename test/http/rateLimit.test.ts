import assert from "node:assert/strict";
import * as fc from "fast-check";
import { isRefusal } from "../../src/base/errors.ts";
import { rateLimit } from "../../src/http/rateLimit.ts";

describe("request rates", () => {
  it("let exactly the allowed number through, also when all come at once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 40 }), async (requests, more) => {
        const take = rateLimit({ requests, seconds: 60 });
        const all = await Promise.allSettled(Array.from({ length: requests + more }, () => take("key")));
        assert.equal(all.filter((one) => one.status === "fulfilled").length, requests);
      }),
    );
  });

  it("refuse with rate_limited and the seconds to wait", async () => {
    const take = rateLimit({ requests: 1, seconds: 60 });
    await take("key");
    await assert.rejects(take("key"), (error) => {
      assert.ok(isRefusal(error, "rate_limited"));
      const seconds = Number(error.extra["retryAfterSeconds"]);
      assert.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60);
      assert.ok(error.message.includes(`Wait ${seconds} s`));
      return true;
    });
  });

  it("are counted for each key and each limit alone", async () => {
    const limit = { requests: 1, seconds: 60 };
    const [one, other] = [rateLimit(limit), rateLimit(limit)];
    await one("a");
    await one("b");
    await other("a");
    await assert.rejects(one("a"));
  });
});
