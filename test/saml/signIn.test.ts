import assert from "node:assert/strict";
import { verify } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import { beginSaml } from "../../src/sso/saml/beginSaml.ts";
import { finishSaml } from "../../src/sso/saml/finishSaml.ts";
import { parseIdpMetadata } from "../../src/sso/saml/idpMetadata.ts";
import { attribute, parseXml } from "../../src/sso/saml/xml.ts";
import { SignInRefused } from "../../src/sso/types.ts";
import { ourKey } from "../support/encryptor.ts";
import { connectionWith, NOW, settings, urls, urlsOf } from "../support/hostileSigner.ts";
import { samlIdp } from "../support/samlIdp.ts";

function requestText(redirectUrl: string): string {
  const message = new URL(redirectUrl).searchParams.get("SAMLRequest") ?? "";
  return inflateRawSync(Buffer.from(message, "base64")).toString("utf8");
}

function requestOf(redirectUrl: string): Element {
  return parseXml(requestText(redirectUrl));
}

describe("a SAML sign-in begins", () => {
  it("with an AuthnRequest by HTTP-Redirect that names ACS, issuer, destination and time", () => {
    const { redirectUrl, requestId, proof } = beginSaml(connectionWith(), urls, NOW);
    const request = requestOf(redirectUrl);
    assert.equal(new URL(redirectUrl).origin + new URL(redirectUrl).pathname, settings.ssoUrl);
    assert.equal(request.localName, "AuthnRequest");
    assert.equal(attribute(request, "ID"), requestId);
    assert.equal(attribute(request, "Version"), "2.0");
    assert.equal(attribute(request, "IssueInstant"), NOW.toISOString());
    assert.equal(attribute(request, "Destination"), settings.ssoUrl);
    assert.equal(attribute(request, "AssertionConsumerServiceURL"), urls.acsUrl);
    assert.equal(request.getElementsByTagName("saml:Issuer")[0]?.textContent, urls.spEntityId);
    assert.equal(proof, null);
  });

  it("signed by RSA and SHA-256 over the parameters as they are sent, where we or its metadata say so (S48)", () => {
    const wished = connectionWith({ keys: [ourKey], signRequests: true });
    const asked = connectionWith({ keys: [ourKey], saml: { ...settings, wantsSignedRequests: true } });
    for (const connection of [wished, asked]) {
      for (const options of [{}, { relayState: "opaque-1" }]) {
        const [, sent = ""] = beginSaml(connection, urls, NOW, options).redirectUrl.split("?");
        const [signed = "", signature = ""] = sent.split("&Signature=");
        assert.match(signed, /^SAMLRequest=[^&]+(&RelayState=opaque-1)?&SigAlg=http[^&]+%23rsa-sha256$/);
        const bytes = Buffer.from(decodeURIComponent(signature), "base64");
        assert.ok(verify("sha256", Buffer.from(signed), ourKey.certificate, bytes));
      }
    }
  });

  it("unsigned where nobody asks; and not at all where it is to be signed and there is no key", () => {
    assert.doesNotMatch(beginSaml(connectionWith({ keys: [ourKey] }), urls, NOW).redirectUrl, /Sig/);
    const begin = () => beginSaml(connectionWith({ signRequests: true }), urls, NOW);
    assert.throws(begin, (error) => error instanceof SignInRefused && error.code === "saml_no_key");
  });

  it("without RequestedAuthnContext, and with no NameID format unless asked", () => {
    const text = (nameIdFormat?: "persistent") =>
      requestText(beginSaml(connectionWith(), urls, NOW, nameIdFormat ? { nameIdFormat } : {}).redirectUrl);
    assert.doesNotMatch(text(), /RequestedAuthnContext|Format=/);
    assert.match(text("persistent"), /Format="urn:oasis:names:tc:SAML:2\.0:nameid-format:persistent"/);
  });

  it("with another unguessable id each time, that is an xs:ID", () => {
    const ids = new Set(Array.from({ length: 100 }, () => beginSaml(connectionWith(), urls, NOW).requestId));
    assert.equal(ids.size, 100);
    for (const id of ids) assert.match(id, /^_[0-9a-f]{40}$/);
  });

  it("at a sign-on URL with a query of its own, and with markup in names", () => {
    const saml = { ...settings, ssoUrl: "https://idp.example.com/sso?idp=a&b=%22" };
    const hostile = { ...urls, spEntityId: `https://usher.example.com/"<x>&` };
    const { redirectUrl } = beginSaml(connectionWith({ saml }), hostile, NOW);
    assert.equal(new URL(redirectUrl).searchParams.get("idp"), "a");
    const request = requestOf(redirectUrl);
    assert.equal(attribute(request, "Destination"), saml.ssoUrl);
    assert.equal(request.getElementsByTagName("saml:Issuer")[0]?.textContent, hostile.spEntityId);
  });

  it("S49: with a RelayState that is opaque and at most 80 bytes, or none", () => {
    const relayed = (relayState: string) =>
      new URL(beginSaml(connectionWith(), urls, NOW, { relayState }).redirectUrl).searchParams.get("RelayState");
    assert.equal(relayed("abc-123_X"), "abc-123_X");
    for (const state of ["https://evil.example", "//evil", "\\\\evil", "javascript:x", "a\r\nb", "a".repeat(81), ""]) {
      assert.throws(() => relayed(state), RangeError);
    }
  });

  it("at no connection that lacks its identity provider", () => {
    const begin = () => beginSaml(connectionWith({ saml: null }), urls, NOW);
    assert.throws(begin, (error) => error instanceof SignInRefused && error.code === "saml_not_configured");
  });
});

describe("a SAML sign-in with samlify as identity provider", () => {
  const person = { nameId: "7f3a-ana", email: "ana@example.com" };

  const ways = (["assertion", "message", "both"] as const).flatMap((signs) => [
    [signs, false] as const,
    [signs, true] as const,
  ]);
  for (const [signs, encrypts] of ways) {
    it(`goes from metadata to identity, ${signs} signed${encrypts ? ", the assertion encrypted" : ""}`, async () => {
      const idp = samlIdp(urls, signs, encrypts ? ourKey.certificate : null);
      const now = new Date();
      const connection = connectionWith({ saml: parseIdpMetadata(idp.metadata, now), keys: [ourKey] });
      const begun = beginSaml(connection, urls, now);
      const form = await idp.answer(begun.redirectUrl, person);
      const answer = await finishSaml(connection, urls, form, new Date());
      assert.equal(answer.requestId, begun.requestId);
      assert.equal(answer.identity.subject, person.nameId);
      assert.equal(answer.identity.email, person.email);
      assert.equal(answer.identity.issuer, "https://samlify.example.com/metadata");
    });
  }

  it("S26: is refused at another connection with the same identity provider", async () => {
    const idp = samlIdp(urls, "both");
    const now = new Date();
    const connection = connectionWith({ saml: parseIdpMetadata(idp.metadata, now) });
    const form = await idp.answer(beginSaml(connection, urls, now).redirectUrl, person);
    const other = urlsOf("0193a000-0000-7000-8000-000000000002");
    const finish = finishSaml(connection, other, form, new Date());
    await assert.rejects(finish, (error) => error instanceof SignInRefused && error.code === "saml_destination");
  });
});
