import assert from "node:assert/strict";
import * as fc from "fast-check";
import { mailAddress } from "../../src/base/mailAddress.ts";

describe("an e-mail address", () => {
  const kept: readonly (readonly [written: string, kept: string])[] = [
    ["ana@example.com", "ana@example.com"],
    ["  ana@example.com ", "ana@example.com"],
    ["Ana.Berg+usher@Example.COM", "Ana.Berg+usher@example.com"],
    ["o'neil@example.com", "o'neil@example.com"],
    ["ana@bücher.example", "ana@xn--bcher-kva.example"],
    ["ana@例え。テスト", "ana@xn--r8jz45g.xn--zckzah"],
    ["ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example"],
    ["анна@пример.рф", "анна@xn--e1afmkfd.xn--p1ai"],
    ["a@b.co", "a@b.co"],
    ["a@1.example", "a@1.example"],
    [`${"a".repeat(64)}@example.com`, `${"a".repeat(64)}@example.com`],
  ];
  for (const [written, address] of kept) {
    it(`keeps ${JSON.stringify(written)} as ${address}`, () => assert.equal(mailAddress(written), address));
  }

  const refused: readonly string[] = [
    "",
    "ana",
    "@example.com",
    "ana@",
    "ana@example",
    "ana@localhost",
    "ana@@example.com",
    "ana@b@example.com",
    "a na@example.com",
    "ana@exa mple.com",
    "ana@example.com, bob@example.com",
    "Ana <ana@example.com>",
    '"ana berg"@example.com',
    "ana@[127.0.0.1]",
    "ana@127.0.0.1",
    "ana@0x7f.1",
    "ana@example.123",
    "ana@-example.com",
    "ana@example-.com",
    "ana@example..com",
    "ana@.example.com",
    "ana@example.com.",
    ".ana@example.com",
    "ana.@example.com",
    "an..a@example.com",
    "ana\u0000@example.com",
    "ana\r\nBcc: x@example.com",
    "an\u200ba@example.com",
    "an\u202ea@example.com",
    "ana@ex%61mple.com",
    "ana@example.com/path",
    "ana@example.com:80",
    "ana@exa_mple.com",
    "\ud800@example.com",
    `${"a".repeat(65)}@example.com`,
    `${"ü".repeat(33)}@example.com`,
    `a@${"b".repeat(64)}.com`,
    `a@${"b.".repeat(126)}com`,
  ];
  for (const written of refused) {
    it(`is not ${JSON.stringify(written).slice(0, 60)}`, () => assert.equal(mailAddress(written), null));
  }

  it("is kept as it is once it is kept", () => {
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), fc.string(), fc.string({ unit: "grapheme" })), (written) => {
        const once = mailAddress(written);
        if (once !== null) assert.equal(mailAddress(once), once);
      }),
    );
  });

  it("has one @, no space and no control character, whatever is written", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), (local, domain) => {
        const address = mailAddress(`${local}@${domain}.example`);
        if (address !== null) assert.match(address, /^[^\s@\p{C}]+@[a-z0-9.-]+$/u);
      }),
    );
  });
});
