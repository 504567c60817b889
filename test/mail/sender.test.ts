import assert from "node:assert/strict";
import { isRefusal } from "../../src/base/errors.ts";
import { senderOf } from "../../src/mail/sender.ts";

describe("the sender of mail", () => {
  it("is no-reply at the host of the public URL", () => {
    assert.deepEqual(senderOf(null, "usher.example.com"), { name: "", address: "no-reply@usher.example.com" });
    assert.deepEqual(senderOf("smtp://h", "a.example"), { name: "", address: "no-reply@a.example" });
  });

  it("is what SMTP_URL says in from", () => {
    assert.deepEqual(senderOf("smtp://h?from=mail%40vendor.example", "a.example"), {
      name: "",
      address: "mail@vendor.example",
    });
    assert.deepEqual(senderOf("smtp://h?from=Vendor+Mail+%3Cmail%40vendor.example%3E", "a.example"), {
      name: "Vendor Mail",
      address: "mail@vendor.example",
    });
  });

  for (const from of ["nobody", "", "a@b.example,c@d.example", "A <a@b.example> <c@d.example>", "A\r\nBcc: x <a@b>"]) {
    it(`is refused at the start where it is ${JSON.stringify(from)}`, () => {
      assert.throws(
        () => senderOf(`smtp://h?from=${encodeURIComponent(from)}`, "a.example"),
        (error) => isRefusal(error, "unavailable") && error.message.startsWith("SMTP_URL: "),
      );
    });
  }
});
