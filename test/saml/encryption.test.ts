import assert from "node:assert/strict";
import * as fc from "fast-check";
import { encrypted, encryptedResponse, type Encrypting, ourKey } from "../support/encryptor.ts";
import { SignInRefused } from "../../src/sso/types.ts";
import { assertionXml, responseXml, sign, signAll, testKey } from "../support/hostileSigner.ts";
import { accepted, refused } from "../support/samlOutcome.ts";

const other = { certificate: testKey("attacker.crt"), privateKey: testKey("attacker.key") };
const at = { connection: { keys: [ourKey] } };
const withCbc = { connection: { keys: [ourKey], allowCbc: true } };
const clear = sign(assertionXml(), "Assertion");

async function subjectOf(xml: string, where = at): Promise<string> {
  return (await accepted(xml, where)).identity.subject;
}

describe("an encrypted assertion", () => {
  it("is read where it is signed, where the response is, and where both are", async () => {
    const unsigned = encryptedResponse({}, assertionXml());
    for (const xml of [encryptedResponse(), sign(unsigned, "Response"), sign(encryptedResponse(), "Response")]) {
      assert.deepEqual(await accepted(xml, at), await accepted(responseXml({ content: clear })));
    }
  });

  it("is read by AES-GCM of each size, by RSA-OAEP with SHA-1 and SHA-256, its key inside or beside", async () => {
    const ways: readonly Encrypting[] = [{ bits: 128 }, { bits: 192 }, { key: "oaepSha256" }, { beside: true }];
    for (const way of ways) assert.equal(await subjectOf(encryptedResponse(way)), "ana-7f3a");
  });

  it("is read by any of our keys while one follows the other", async () => {
    const both = { connection: { keys: [ourKey, other] } };
    for (const { certificate } of [ourKey, other]) {
      assert.equal(await subjectOf(encryptedResponse({ certificate }), both), "ana-7f3a");
    }
  });

  it("is refused where the connection has no key, or another", async () => {
    await refused(encryptedResponse(), "saml_no_key");
    await refused(encryptedResponse({ certificate: other.certificate }), "saml_decryption", at);
  });

  it("S19: is refused where nothing is signed", async () => {
    await refused(encryptedResponse({}, assertionXml()), "saml_unsigned", at);
  });

  it("S18: is refused beside another, in the clear or encrypted, and with one inside the other", async () => {
    const evil = encrypted(assertionXml({ id: "_evil", nameId: "mallory" }));
    for (const content of [clear + evil, evil + clear, encrypted(clear) + evil]) {
      await refused(responseXml({ content }), "saml_assertion_count", at);
      await refused(sign(responseXml({ content }), "Response"), "saml_assertion_count", at);
    }
    await refused(encryptedResponse({ more: clear }), "saml_assertion_count", at);
    const nested = clear.replace("</saml:Assertion>", `<saml:Advice>${clear}</saml:Advice></saml:Assertion>`);
    await refused(encryptedResponse({}, nested), "saml_assertion_count", at);
    await refused(encryptedResponse({}, `<x>${clear}</x>`), "saml_assertion_count", at);
  });

  it("S19: with a foreign signature inside is refused, also in a response that is well signed", async () => {
    const forged = sign(assertionXml(), "Assertion", { key: testKey("attacker.key") });
    await refused(encryptedResponse({}, forged), "saml_signature", at);
    await refused(sign(encryptedResponse({}, forged), "Response"), "saml_signature", at);
  });

  it("put into a response that was signed around another one is refused before it is decrypted", async () => {
    const signed = sign(encryptedResponse({}, assertionXml()), "Response");
    const evil = encrypted(assertionXml({ nameId: "mallory" }));
    const swapped = signed.replace(/<saml:EncryptedAssertion.*<\/saml:EncryptedAssertion>/s, evil);
    assert.notEqual(swapped, signed);
    await refused(swapped, "saml_signature", at);
    await refused(sign(encryptedResponse(), "Response", { key: testKey("attacker.key") }), "saml_signature", at);
  });

  it("S21: by Triple DES or RSA 1.5 is refused, whatever the connection allows", async () => {
    for (const way of [{ data: "tripledes" }, { key: "rsa15" }] as const) {
      await refused(encryptedResponse(way), "saml_encryption_algorithm", withCbc);
      await refused(sign(encryptedResponse(way), "Response"), "saml_encryption_algorithm", withCbc);
    }
  });

  it("S21: by AES-CBC is read where the connection allows it and the response is signed, and nowhere else", async () => {
    const xml = encryptedResponse({ data: "cbc", bits: 128 });
    await refused(xml, "saml_encryption_algorithm", at);
    await refused(xml, "saml_encryption_algorithm", withCbc);
    await refused(sign(xml, "Response"), "saml_encryption_algorithm", at);
    assert.equal(await subjectOf(sign(xml, "Response"), withCbc), "ana-7f3a");
    assert.equal(await subjectOf(encryptedResponse(), withCbc), "ana-7f3a");
  });

  it("S20: with any bit changed, or cut short by 1 to 30 bytes, is refused in the same words", async () => {
    const details = new Set<string>();
    const tampered = async (tamper: (body: Buffer) => Buffer) =>
      void details.add((await refused(encryptedResponse({ tamper }), "saml_decryption", at)).message);
    for (let cut = 1; cut <= 30; cut++) await tampered((body) => body.subarray(0, -cut));
    for (const length of [1, 11, 12, 16, 27, 28]) await tampered((body) => body.subarray(0, length));
    const flip = (place: number, bit: number) => (body: Buffer) => {
      const index = place % body.length;
      body[index] = (body[index] ?? 0) ^ (1 << bit);
      return body;
    };
    const property = fc.asyncProperty(fc.nat(), fc.nat(7), (place, bit) => tampered(flip(place, bit)));
    await fc.assert(property, { seed: 20261101, numRuns: 30 });
    assert.equal(details.size, 1);
  });

  it("S21: by AES-CBC with bad padding says no more than one with a foreign key", async () => {
    const tamper = (body: Buffer) => Buffer.concat([body.subarray(0, -16), Buffer.alloc(16)]);
    const signed = (how: Encrypting) => sign(encryptedResponse({ data: "cbc", ...how }), "Response");
    const { message } = await refused(signed({ certificate: other.certificate }), "saml_decryption", withCbc);
    // One of 16 such blocks has a padding by chance, and is then no XML.
    const outcome = await refused(signed({ tamper }), /^saml_(decryption|encoding)$/, withCbc);
    assert.ok(outcome.code === "saml_encoding" || outcome.message === message);
  });

  it("with what is refused in the clear is refused when it is open", async () => {
    const rows = [
      [`<!DOCTYPE x>${clear}`, "saml_doctype"],
      [clear.replace("ana-7f3a", "<![CDATA[ana]]>"), "saml_cdata"],
      [clear.slice(0, -4), "saml_malformed"],
      [sign(assertionXml({ recipient: "https://elsewhere.example.com" }), "Assertion"), "saml_recipient"],
      [
        sign(assertionXml(), "Assertion", { signatureAlgorithm: "http://www.w3.org/2000/09/xmldsig#rsa-sha1" }),
        "saml_algorithm",
      ],
      [clear.replace("<saml:Subject>", `<saml:Subject><saml:EncryptedID/>`), "saml_encrypted"],
      [clear.replace("</saml:Subject>", `${'<x a=""/>'.repeat(3600)}</saml:Subject>`), "saml_too_complex"],
    ] as const;
    for (const [inner, code] of rows) await refused(encryptedResponse({}, inner), code, at);
  });

  it("of another shape than XML Encryption's is refused", async () => {
    const good = encryptedResponse();
    const rows = [
      good.replaceAll("EncryptedData", "EncryptedDatum"),
      good.replace(/<xenc:EncryptedKey>.*<\/xenc:EncryptedKey>/s, ""),
      good.replace(/<xenc:CipherValue>/, "<xenc:CipherValue>!"),
      good.replace(/(<xenc:EncryptedKey>.*<\/xenc:EncryptedKey>)/s, "$1$1$1$1$1"),
      good.replace(/<xenc:EncryptionMethod Algorithm="[^"]*gcm"\/>/, ""),
    ];
    for (const xml of rows) await refused(xml, "saml_encryption", at);
  });

  it("whose response or assertion was changed after signing is refused, or says what was signed (S51)", async () => {
    const xml = signAll(encryptedResponse(), ["Response"]);
    const expected = await accepted(xml, at);
    const property = fc.asyncProperty(
      fc.nat(xml.length - 1),
      fc.integer({ min: 1, max: 255 }),
      async (place, change) => {
        const bytes = Buffer.from(xml);
        bytes[place] = (bytes[place] ?? 0) ^ change;
        const answer = await accepted(bytes.toString("latin1"), at).catch((error: unknown) => {
          if (error instanceof SignInRefused) return null;
          throw error;
        });
        if (answer !== null) assert.deepEqual(answer, expected);
      },
    );
    await fc.assert(property, { seed: 20261101, numRuns: 60 });
  });
});
