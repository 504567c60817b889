import assert from "node:assert/strict";
import * as fc from "fast-check";
import { Hopeless } from "../../src/events/jobs.ts";
import { afterFailure, defaultRetry, reasonOf } from "../../src/events/retry.ts";

describe("trying again", () => {
  const retry = { most: 5, delay: () => 7 };

  it("waits after a failure", () => assert.equal(afterFailure(new Error("x"), 4, retry), 7));
  it("ends with the last attempt", () => assert.equal(afterFailure(new Error("x"), 5, retry), "park"));
  it("ends at once without hope", () => assert.equal(afterFailure(new Hopeless("x"), 1, retry), "park"));

  it("doubles the wait from 2 s to an hour, each cut by at most a half", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), (attempts) => {
        const full = Math.min(3_600_000, 2_000 * 2 ** (attempts - 1));
        const delay = defaultRetry.delay(attempts);
        assert.ok(Number.isInteger(delay) && delay >= full / 2 && delay <= full, `${delay} of ${full}`);
      }),
    );
  });
});

describe("the reason that is kept of a failure", () => {
  it("is the code or name, and the message", () => {
    assert.equal(reasonOf(Object.assign(new Error("refused"), { code: "ECONNREFUSED" })), "ECONNREFUSED: refused");
    assert.equal(reasonOf(new TypeError("no function")), "TypeError: no function");
  });

  it("says no more of what is no error than its type", () => {
    assert.equal(reasonOf("secret"), "threw string");
    assert.equal(reasonOf(null), "threw object");
  });

  it("is one line that PostgreSQL can store, whatever was thrown", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2_000 }), (message) => {
        const reason = reasonOf(new Error(`${message}\u0000\n\ud800`));
        assert.ok(reason.length <= 500);
        assert.doesNotMatch(reason, /\p{C}/u);
      }),
    );
  });
});
