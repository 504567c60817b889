import assert from "node:assert/strict";
import { Refusal } from "../../src/base/errors.ts";
import { parseIdpMetadata } from "../../src/sso/saml/idpMetadata.ts";
import { checkSamlSettings } from "../../src/sso/saml/settings.ts";
import { spMetadata } from "../../src/sso/saml/spMetadata.ts";
import { attribute, parseXml } from "../../src/sso/saml/xml.ts";
import { minutes, NOW, settings, testKey, urls } from "../support/hostileSigner.ts";

const SAML2 = "urn:oasis:names:tc:SAML:2.0:protocol";
const redirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
const pemOf = (name: string) => testKey(name).replace(/\r/g, "");
const bare = (name: string) => testKey(name).replace(/-----[^-]+-----|\s/g, "");
const key = (name: string, use = ' use="signing"') =>
  `<md:KeyDescriptor${use}><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>\n${bare(name)}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;

interface Parts {
  readonly entityId?: string;
  readonly validUntil?: string;
  readonly roleValidUntil?: string;
  readonly protocols?: string;
  readonly keys?: string;
  readonly services?: string;
  readonly roles?: string;
}

function entity(parts: Parts = {}): string {
  const until = (text?: string) => (text === undefined ? "" : ` validUntil="${text}"`);
  const services = parts.services ?? `<md:SingleSignOnService Binding="${redirect}" Location="${settings.ssoUrl}"/>`;
  const role =
    `<md:IDPSSODescriptor protocolSupportEnumeration="${parts.protocols ?? SAML2}"${until(parts.roleValidUntil)}>` +
    `${parts.keys ?? key("idp.crt")}${services}</md:IDPSSODescriptor>`;
  return (
    `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${parts.entityId ?? settings.entityId}"` +
    `${until(parts.validUntil)}>${parts.roles ?? role}</md:EntityDescriptor>`
  );
}

function entities(...all: readonly string[]): string {
  return `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">${all.join("")}</md:EntitiesDescriptor>`;
}

const sp = entity({
  entityId: "https://sp.example",
  roles: `<md:SPSSODescriptor protocolSupportEnumeration="${SAML2}"/>`,
});

function isRefusal(words: RegExp) {
  return (error: unknown) => error instanceof Refusal && error.code === "invalid_request" && words.test(error.message);
}

describe("the metadata of an identity provider", () => {
  const good = { ...settings, certificates: [pemOf("idp.crt")] };

  it("says whether it wants requests signed (SAML Metadata §2.4.3)", () => {
    const wanting = (value: string) =>
      entity().replace("<md:IDPSSODescriptor", `$& WantAuthnRequestsSigned="${value}"`);
    for (const yes of ["true", "1"]) {
      assert.deepEqual(parseIdpMetadata(wanting(yes), NOW), { ...good, wantsSignedRequests: true });
    }
    for (const no of ["false", "0", "yes"]) assert.deepEqual(parseIdpMetadata(wanting(no), NOW), good);
  });

  for (const [name, xml] of Object.entries({
    "one EntityDescriptor": entity(),
    "an XML declaration, a byte order mark and space around it": `\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n${entity()}\n`,
    "an EntitiesDescriptor with one identity provider": entities(sp, entity()),
    "a key without use": entity({ keys: key("idp.crt", "") }),
    "an encryption key beside the signing key": entity({
      keys: key("attacker.crt", ' use="encryption"') + key("idp.crt"),
    }),
    "the same key twice": entity({ keys: key("idp.crt") + key("idp.crt") }),
    "several protocols": entity({ protocols: `urn:oasis:names:tc:SAML:1.1:protocol ${SAML2}` }),
    "a validUntil that has not passed": entity({ validUntil: minutes(60), roleValidUntil: minutes(60) }),
  })) {
    it(`is read with ${name}`, () => assert.deepEqual(parseIdpMetadata(xml, NOW), good));
  }

  it("is read with the old key and the new one", () => {
    const { certificates } = parseIdpMetadata(entity({ keys: key("idp.crt") + key("attacker.crt") }), NOW);
    assert.deepEqual(certificates, [pemOf("idp.crt"), pemOf("attacker.crt")]);
  });

  const post = `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com"/>`;
  const at = (url: string) => `<md:SingleSignOnService Binding="${redirect}" Location="${url}"/>`;
  const refusals: readonly (readonly [name: string, xml: string, words: RegExp])[] = [
    ["a document type", `<!DOCTYPE x>${entity()}`, /document type/],
    ["an entity", `<!DOCTYPE x [<!ENTITY a "b">]>${entity()}`, /document type/],
    ["more than 20,000 tags", entity({ keys: key("idp.crt") + "<x/>".repeat(20_000) }), /tags/],
    ["more than 1 MB", entity() + " ".repeat(1024 * 1024), /larger/],
    ["no XML", "not xml", /well-formed/],
    ["nothing", "", /well-formed/],
    ["HTML", "<html><body><p>Sign in</body></html>", /well-formed|no SAML/],
    [
      "two identity providers",
      entities(entity(), entity({ entityId: "https://b.example" })),
      /several identity providers/,
    ],
    ["no identity provider", sp, /no SAML 2\.0 identity provider/],
    ["another protocol alone", entity({ protocols: "urn:oasis:names:tc:SAML:1.1:protocol" }), /no SAML 2\.0/],
    ["a validUntil that has passed", entity({ validUntil: minutes(-1) }), /validUntil/],
    ["a role whose validUntil has passed", entity({ roleValidUntil: minutes(-1) }), /validUntil/],
    ["a validUntil that is no time", entity({ validUntil: "soon" }), /validUntil/],
    ["no entity id", entity({ entityId: "" }), /entity id/],
    ["an entity id of 1025 characters", entity({ entityId: `https://${"a".repeat(1017)}` }), /entity id/],
    ["HTTP-POST alone", entity({ services: post }), /HTTP-Redirect/],
    ["a sign-on URL by http", entity({ services: at("http://idp.example.com/sso") }), /https/],
    ["a sign-on URL by http on loopback", entity({ services: at("http://127.0.0.1:4020/sso") }), /https/],
    ["a sign-on URL with a password", entity({ services: at("https://a:b@idp.example.com/sso") }), /https/],
    ["a sign-on URL of another scheme", entity({ services: at("javascript:alert(1)") }), /https/],
    ["no sign-on URL", entity({ services: at("") }), /https/],
    ["no certificate", entity({ keys: "" }), /No signing certificate/],
    [
      "an encryption certificate alone",
      entity({ keys: key("idp.crt", ' use="encryption"') }),
      /No signing certificate/,
    ],
    ["a certificate that is none", entity({ keys: key("idp.key") }), /not one X\.509/],
    ["S43: a key of 1024 bits", entity({ keys: key("weak.crt") }), /2048/],
    ["a key that is not RSA", entity({ keys: key("ec.crt") }), /RSA/],
  ];
  for (const [name, xml, words] of refusals) {
    it(`is refused with ${name}`, () => assert.throws(() => parseIdpMetadata(xml, NOW), isRefusal(words)));
  }

  it("may name an http address on loopback where that is allowed, and no other", () => {
    const loopback = entity({ services: at("http://127.0.0.1:4020/sso") });
    assert.equal(parseIdpMetadata(loopback, NOW, { allowHttp: true }).ssoUrl, "http://127.0.0.1:4020/sso");
    const other = entity({ services: at("http://idp.example.com/sso") });
    assert.throws(() => parseIdpMetadata(other, NOW, { allowHttp: true }), isRefusal(/https/));
  });
});

describe("the single logout service in the metadata of an identity provider (SAML Metadata §2.4.2)", () => {
  const POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
  const sso = `<md:SingleSignOnService Binding="${redirect}" Location="${settings.ssoUrl}"/>`;
  const slo = (binding: string, location: string, more = "") =>
    `<md:SingleLogoutService Binding="${binding}" Location="${location}"${more}/>`;
  const read = (...services: readonly string[]) =>
    parseIdpMetadata(entity({ services: services.join("") + sso }), NOW).singleLogout;
  const url = "https://idp.example.com/slo";

  it("is read with its binding, HTTP-Redirect before HTTP-POST", () => {
    assert.deepEqual(read(slo(POST, `${url}/post`), slo(redirect, url)), { url, binding: "redirect" });
    assert.deepEqual(read(slo(POST, url)), { url, binding: "post" });
  });

  it("is read with the address for answers, where that is another", () => {
    const responseUrl = `${url}/answer`;
    const service = slo(redirect, url, ` ResponseLocation="${responseUrl}"`);
    assert.deepEqual(read(service), { url, binding: "redirect", responseUrl });
    assert.deepEqual(read(slo(redirect, url, ` ResponseLocation="${url}"`)), { url, binding: "redirect" });
  });

  it("is none where no browser can be sent there, which keeps nobody from signing in", () => {
    const soap = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP";
    for (const service of [
      "",
      slo(soap, url),
      slo(redirect, "javascript:alert(1)"),
      slo(redirect, "http://x.example"),
    ]) {
      assert.equal(read(service), undefined);
    }
    assert.deepEqual(read(slo(redirect, "http://x.example"), slo(POST, url)), { url, binding: "post" });
    const elsewhere = slo(redirect, url, ' ResponseLocation="http://x.example"');
    assert.deepEqual(read(elsewhere), { url, binding: "redirect" });
  });
});

describe("the settings that an admin types", () => {
  it("are refused with a single logout address to which no browser can be sent", () => {
    for (const url of ["http://idp.example.com", "javascript:alert(1)", "", "https://a:b@idp.example.com/"]) {
      const typed = { ...settings, singleLogout: { url, binding: "post" as const } };
      assert.throws(() => checkSamlSettings(typed), isRefusal(/single logout URL/));
    }
  });

  it("are kept with their certificates as PEM, from PEM or bare base64", () => {
    const { certificates } = checkSamlSettings({ ...settings, certificates: [bare("idp.crt"), pemOf("idp.crt")] });
    assert.deepEqual(certificates, [pemOf("idp.crt")]);
  });

  it("are refused with nine certificates, two in one text, a private key, or none", () => {
    const withKeys =
      (...certificates: string[]) =>
      () =>
        checkSamlSettings({ ...settings, certificates });
    assert.throws(withKeys(pemOf("idp.crt") + pemOf("attacker.crt")), isRefusal(/not one X\.509/));
    assert.throws(withKeys(testKey("idp.key")), isRefusal(/not one X\.509/));
    assert.throws(withKeys(), isRefusal(/No signing certificate/));
  });

  it("are refused with spaces or line breaks in the addresses", () => {
    for (const text of ["https://idp.example.com/a b", "https://idp.example.com/\n", " https://idp.example.com"]) {
      assert.throws(() => checkSamlSettings({ ...settings, ssoUrl: text }), isRefusal(/sign-on URL/));
      assert.throws(() => checkSamlSettings({ ...settings, entityId: text }), isRefusal(/entity id/));
    }
  });
});

describe("our metadata", () => {
  it("names entity id and ACS, wants signed assertions, signs no requests", () => {
    const root = parseXml(spMetadata(urls).replace(/^<\?xml.*?\?>\s*/, ""));
    assert.equal(attribute(root, "entityID"), urls.spEntityId);
    const role = root.getElementsByTagName("md:SPSSODescriptor")[0]!;
    assert.equal(attribute(role, "WantAssertionsSigned"), "true");
    assert.equal(attribute(role, "AuthnRequestsSigned"), "false");
    const acs = role.getElementsByTagName("md:AssertionConsumerService")[0]!;
    assert.equal(attribute(acs, "Location"), urls.acsUrl);
    assert.match(attribute(acs, "Binding") ?? "", /HTTP-POST$/);
  });

  it("names the single logout service by both bindings, where the schema wants it (SAML Metadata §2.4.2)", () => {
    const root = parseXml(spMetadata(urls).replace(/^<\?xml.*?\?>\s*/, ""));
    const role = root.getElementsByTagName("md:SPSSODescriptor")[0]!;
    const services = Array.from(role.getElementsByTagName("md:SingleLogoutService"));
    assert.deepEqual(
      services.map((each) => [attribute(each, "Binding")?.split(":").at(-1), attribute(each, "Location")]),
      [
        ["HTTP-Redirect", urls.sloUrl],
        ["HTTP-POST", urls.sloUrl],
      ],
    );
    const names = Array.from(role.childNodes, ({ nodeName }) => nodeName).filter((name) => name.startsWith("md:"));
    assert.deepEqual([...new Set(names)], ["md:SingleLogoutService", "md:NameIDFormat", "md:AssertionConsumerService"]);
  });

  it("publishes every key for signing, and for encryption the newest first", () => {
    const certificates = [testKey("idp.crt"), testKey("sp.crt")];
    const xml = spMetadata(urls, { certificates, requestsSigned: true });
    const root = parseXml(xml.replace(/^<\?xml.*?\?>\s*/, ""));
    const role = root.getElementsByTagName("md:SPSSODescriptor")[0]!;
    assert.equal(attribute(role, "AuthnRequestsSigned"), "true");
    const keys = Array.from(role.getElementsByTagName("md:KeyDescriptor"));
    const [old, current] = certificates.map((each) => each.replaceAll(/-----[^-]+-----|\s/g, ""));
    assert.deepEqual(
      keys.map((each) => [attribute(each, "use"), each.getElementsByTagName("ds:X509Certificate")[0]?.textContent]),
      [
        ["signing", old],
        ["signing", current],
        ["encryption", current],
        ["encryption", old],
      ],
    );
  });
});
