import assert from "node:assert/strict";
import { verify } from "@node-rs/argon2";
import { isRefusal } from "../../src/base/errors.ts";
import { checkPassword, hashPassword } from "../../src/directory/accounts/passwords.ts";

describe("a password", () => {
  it("is kept as argon2id with 19 MiB, two passes and one lane", async () => {
    const kept = await hashPassword("correct horse battery");
    assert.match(kept, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.equal(await verify(kept, "correct horse battery"), true);
    assert.equal(await verify(kept, "correct horse battero"), false);
  });

  it("is kept under a salt of its own", async () => {
    assert.notEqual(await hashPassword("correct horse battery"), await hashPassword("correct horse battery"));
  });

  it("is the same from a keyboard that composes its accents", async () => {
    assert.equal(await verify(await hashPassword("cafe\u0301 cafe\u0301"), "caf\u00e9 caf\u00e9"), true);
  });

  it("is taken from the tenant's least length on, counted in characters", () => {
    checkPassword("123456", 6);
    checkPassword("🐴🐴🐴🐴🐴🐴", 6);
  });

  for (const short of ["", "12345", "🐴🐴🐴", "e\u0301e\u0301e\u0301"]) {
    it(`is refused with words when it is ${JSON.stringify(short)} and six are asked for`, () => {
      assert.throws(
        () => checkPassword(short, 6),
        (error) =>
          isRefusal(error, "invalid_request") &&
          error.errors[0]?.path === "/password" &&
          /at least 6/.test(error.message) &&
          (short === "" || !error.message.includes(short)),
      );
    });
  }
});
