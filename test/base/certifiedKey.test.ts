import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { newCertifiedKey } from "../../src/base/certifiedKey.ts";

describe("a key with a certificate of its own", () => {
  it("is RSA of 3072 bits, signed by itself, for ten years, with a new serial number each time", async () => {
    const now = new Date("2041-02-28T10:20:30.123Z");
    const [one, other] = await Promise.all([newCertifiedKey("connection å", now), newCertifiedKey("b", now)]);
    const certificate = new X509Certificate(one.certificate);
    assert.ok(certificate.verify(certificate.publicKey) && certificate.checkIssued(certificate));
    assert.ok(certificate.checkPrivateKey(createPrivateKey(one.privateKey)));
    assert.equal(certificate.publicKey.asymmetricKeyDetails?.modulusLength, 3072);
    assert.equal(certificate.subject, "CN=connection å");
    // RFC 5280 §4.1.2.5: a GeneralizedTime from 2050 on.
    assert.equal(new Date(certificate.validFrom).toISOString(), "2041-02-28T10:20:30.000Z");
    assert.equal(new Date(certificate.validTo).toISOString(), "2051-02-28T10:20:30.000Z");
    assert.notEqual(certificate.serialNumber, new X509Certificate(other.certificate).serialNumber);
  });
});
