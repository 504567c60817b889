import assert from "node:assert/strict";
import { signedAssertion } from "../../src/sso/saml/signature.ts";
import { parseXml } from "../../src/sso/saml/xml.ts";
import {
  assertionXml,
  attributeXml,
  post,
  responseXml,
  settings,
  sign,
  signAll,
  signedResponse,
  type SignedElement,
  testKey,
} from "../support/hostileSigner.ts";
import { accepted, refused } from "../support/samlOutcome.ts";
import { wrapped, wrappings } from "../support/wrapping.ts";

const signings: readonly (readonly SignedElement[])[] = [["Assertion"], ["Response"], ["Response", "Assertion"]];
const honest = () => responseXml();
const any = /^saml_/;

describe("the signature of a SAML response", () => {
  for (const elements of signings) {
    it(`S13: is taken over ${elements.join(" and ")}`, async () => {
      const { identity } = await accepted(signAll(honest(), elements));
      assert.equal(identity.subject, "ana-7f3a");
    });
  }

  for (const elements of signings) {
    for (const [name, wrap] of Object.entries(wrappings)) {
      const row = /^XSW(\d)$/.exec(name)?.[1];
      it(`${row ? `S0${row}` : "S09–S10"}: is not carried over to a forged part by ${name}, ${elements.join(" and ")} signed`, async () => {
        const xml = wrapped(signAll(honest(), elements), wrap);
        await refused(xml, any);
        // The library alone, without our shape checks: refused, or it hands out what was signed.
        const signed = {
          responseSigned: elements.includes("Response"),
          assertionSigned: elements.includes("Assertion"),
        };
        const outcome = await signedAssertion(xml, settings, signed).then(
          (element) => element.textContent ?? "",
          () => "refused",
        );
        assert.doesNotMatch(outcome, /mallory/);
      });
    }
  }

  it("S11: covers a NameID with a comment as the whole text", async () => {
    const xml = signedResponse({ nameId: "admin@a.example.evil.example" });
    const split = xml.replace("admin@a.example", "admin@a.example<!-- -->");
    assert.equal((await accepted(split)).identity.subject, "admin@a.example.evil.example");
  });

  it("S11: covers a NameID with a comment as the whole text also where canonicalisation keeps comments", async () => {
    const commented = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments";
    const xml = signedResponse({ nameId: "admin@a.example<!-- -->.evil.example" }, {}, { transform: commented });
    assert.equal((await accepted(xml)).identity.subject, "admin@a.example.evil.example");
  });

  it("S12: does not reach parsers that read instructions, CDATA or NUL", async () => {
    await refused(signedResponse().replace("ana-7f3a", "ana<?x y?>-7f3a"), "saml_processing_instruction");
    await refused(signedResponse().replace("ana-7f3a", "<![CDATA[ana-7f3a]]>"), "saml_cdata");
    await refused(signedResponse().replace("ana-7f3a", "ana\u0000-7f3a"), "saml_encoding");
    await refused(signedResponse().replace("ana-7f3a", "ana&#0;-7f3a"), any);
    const control = signedResponse({ nameId: "ana&#1;" }).replace("ana\u0001", "ana&#1;");
    await refused(control, "saml_name_id");
  });

  it("S13: is checked wherever it is present: a good assertion does not excuse a broken response", async () => {
    const xml = signAll(honest(), ["Response", "Assertion"]);
    await refused(xml.replace("_response-1", "_response-2").replace("#_response-1", "#_response-2"), "saml_signature");
  });

  it("S13: is checked wherever it is present: a good response does not excuse a broken assertion", async () => {
    const inner = sign(honest(), "Assertion").replace("ana-7f3a", "mallory");
    await refused(sign(inner, "Response"), "saml_signature");
  });

  it("S14: is required on one of the two", async () => {
    await refused(honest(), "saml_unsigned");
  });

  it("S14: of something else signs neither", async () => {
    const xml = sign(honest(), "Assertion", {
      location: { reference: "//*[local-name()='Subject']", action: "append" },
    });
    await refused(xml, "saml_signature_place");
  });

  it("S15: by another key with its certificate in KeyInfo is none", async () => {
    const attacker = { key: testKey("attacker.key"), certificate: testKey("attacker.crt") };
    for (const elements of signings) await refused(signAll(honest(), elements, attacker), "saml_signature");
  });

  it("S15: by another key with the provider's certificate in KeyInfo is none", async () => {
    await refused(signedResponse({}, {}, { key: testKey("attacker.key") }), "saml_signature");
  });

  it("S16: by HMAC with the public certificate as secret is none", async () => {
    const signatureAlgorithm = "http://www.w3.org/2000/09/xmldsig#hmac-sha1";
    const xml = signedResponse({}, {}, { key: testKey("idp.crt"), signatureAlgorithm });
    await refused(xml, "saml_algorithm");
    await assert.rejects(signedAssertion(xml, settings, { responseSigned: false, assertionSigned: true }));
  });

  it("S17: with two SignedInfo is none", async () => {
    const xml = signedResponse();
    const [info = ""] = /<ds:SignedInfo>.*<\/ds:SignedInfo>/s.exec(xml) ?? [];
    assert.notEqual(info, "");
    const evil = info.replace(/<ds:DigestValue>[^<]*/, "<ds:DigestValue>AAAA");
    for (const both of [info + evil, evil + info]) {
      const doubled = xml.replace(info, both);
      await refused(doubled, "saml_signature_place");
      await assert.rejects(signedAssertion(doubled, settings, { responseSigned: false, assertionSigned: true }));
    }
  });

  it("S17: with a comment in the digest signs only what the whole digest covers", async () => {
    const xml = signedResponse().replace("ana-7f3a", "mallory");
    const evil = xml.replace("<ds:DigestValue>", "<ds:DigestValue><!--Zm9yZ2Vk-->");
    await refused(evil, "saml_signature");
  });

  it("S18: does not choose between two assertions, also where both are signed", async () => {
    const two = (assertionId: string) => sign(assertionXml({ id: assertionId }), "Assertion");
    await refused(responseXml({ content: two("_a") + two("_b") }), "saml_assertion_count");
    await refused(
      sign(responseXml({ content: assertionXml() + assertionXml({ id: "_b" }) }), "Response"),
      "saml_assertion_count",
    );
  });

  it("S22: by SHA-1 is none, as signature and as digest", async () => {
    const signatureAlgorithm = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
    await refused(signedResponse({}, {}, { signatureAlgorithm }), "saml_algorithm");
    await refused(
      signedResponse({}, {}, { digestAlgorithm: "http://www.w3.org/2000/09/xmldsig#sha1" }),
      "saml_algorithm",
    );
  });

  it("S22: by SHA-1 is none even where the other signature is good", async () => {
    const weak = sign(honest(), "Assertion", { digestAlgorithm: "http://www.w3.org/2000/09/xmldsig#sha1" });
    await refused(sign(weak, "Response"), "saml_algorithm");
  });

  it("S22: over a canonicalisation other than the exclusive one is none", async () => {
    await refused(
      signedResponse({}, {}, { transform: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315" }),
      "saml_algorithm",
    );
  });

  it("is taken by RSA with SHA-512", async () => {
    const signing = {
      signatureAlgorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
      digestAlgorithm: "http://www.w3.org/2001/04/xmlenc#sha512",
    };
    await accepted(signedResponse({}, {}, signing));
  });

  it("is taken from the old key and the new one while keys roll over", async () => {
    const both = { ...settings, certificates: [testKey("attacker.crt"), testKey("idp.crt")] };
    await accepted(signedResponse(), { connection: { saml: both } });
    await accepted(signedResponse({}, {}, { key: testKey("attacker.key") }), { connection: { saml: both } });
  });

  it("covers what is read: the assertion is parsed from canonical bytes", async () => {
    const signed = signedResponse({ attributes: attributeXml("email", "ana@example.com") });
    const assertion = await signedAssertion(signed, settings, { responseSigned: false, assertionSigned: true });
    assert.equal(assertion.localName, "Assertion");
    assert.notEqual(assertion.ownerDocument, parseXml(signed).ownerDocument);
  });

  it("is the only reason that is given for whatever the library finds", async () => {
    const details = new Set<string>();
    const broken = [
      signedResponse().replace("ana-7f3a", "mallory"),
      signedResponse().replace(/<ds:SignatureValue>[^<]*/, "<ds:SignatureValue>AAAA"),
      signedResponse().replace('URI="#_assertion-1"', 'URI=""'),
      signedResponse().replace('URI="#_assertion-1"', `URI="#x'y"`),
    ];
    for (const xml of broken) details.add((await refused(xml, "saml_signature")).message);
    assert.equal(details.size, 1);
    assert.equal(post("x").samlResponse, "eA==");
  });
});
