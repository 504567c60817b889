/** Logout messages of an identity provider, honest and hostile, by both bindings. */
import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import * as fc from "fast-check";
import { judgeLogout, type LogoutInput } from "../../src/sso/saml/judgeLogout.ts";
import { type LogoutMessage, SignInRefused, type SsoConnection } from "../../src/sso/types.ts";
import { encrypted, ourKey } from "../support/encryptor.ts";
import {
  logoutRequestXml,
  type LogoutRequestParts,
  logoutResponseXml,
  type LogoutResponseParts,
  type QuerySigning,
  signedQuery,
} from "../support/hostileLogout.ts";
import {
  connectionWith,
  minutes,
  NOW,
  sign,
  type SignedElement,
  signedResponse,
  type Signing,
  testKey,
  urls,
} from "../support/hostileSigner.ts";

const judge = (input: LogoutInput, more: Partial<SsoConnection> = {}): LogoutMessage =>
  judgeLogout(connectionWith(more), urls, input, NOW);
const query = (parts: LogoutRequestParts = {}, signing: QuerySigning = {}): LogoutInput => ({
  query: signedQuery(logoutRequestXml(parts), signing),
});
const form = (xml: string, signing: Signing | null = {}): LogoutInput => {
  const [, element = "LogoutRequest"] = /<samlp:(\w+)/.exec(xml) ?? [];
  const text = signing === null ? xml : sign(xml, element as SignedElement, signing);
  const name = element === "LogoutResponse" ? "SAMLResponse" : "SAMLRequest";
  return { name, field: Buffer.from(text).toString("base64"), relayState: null };
};
const refuses = (input: LogoutInput, code: string, more: Partial<SsoConnection> = {}): void => {
  const isIt = (error: unknown): boolean => {
    assert.ok(error instanceof SignInRefused, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  };
  assert.throws(() => judge(input, more), isIt);
};
const attacker = { key: testKey("attacker.key"), certificate: testKey("attacker.crt") };
const persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

describe("a LogoutRequest (SAML Profiles §4.4.4.1)", () => {
  const asked = {
    asks: true,
    id: "_logout-1",
    nameId: { value: "ana-7f3a", format: persistent },
    sessionIndexes: ["_session-1"],
    relayState: null,
    issuedAt: new Date(minutes(0)),
    expiresAt: new Date(minutes(7)),
  };

  it("says whose sessions end, by either binding", () => {
    assert.deepEqual(judge(query()), asked);
    assert.deepEqual(judge(form(logoutRequestXml())), asked);
  });

  it("may name several sessions or none, and no end", () => {
    const indexes = (sessionIndexes: readonly string[]) => {
      const message = judge(query({ sessionIndexes, notOnOrAfter: null }));
      return message.asks ? message.sessionIndexes : null;
    };
    assert.deepEqual(indexes([]), []);
    assert.deepEqual(indexes(["_a", "_b"]), ["_a", "_b"]);
  });

  it("brings a RelayState along, which is signed in a query", () => {
    const relayed = (relayState: string) => judge(query({}, { relayState }));
    assert.deepEqual(relayed("a b+c"), { ...asked, relayState: "a b+c" });
    assert.deepEqual(relayed(""), { ...asked, relayState: "" });
    refuses(query({}, { relayState: "x".repeat(1025) }), "saml_logout");
  });

  it("is verified over the query as it was encoded, in whatever order it came", () => {
    const lower = (text: string) => encodeURIComponent(text).replaceAll(/%../g, (each) => each.toLowerCase());
    assert.deepEqual(judge(query({}, { encode: lower })), asked);
    const { query: sent } = query({}, { relayState: "state" }) as { query: string };
    assert.deepEqual(judge({ query: sent.split("&").toReversed().join("&") }), { ...asked, relayState: "state" });
    assert.deepEqual(judge({ query: `${sent}&other=parameter` }), { ...asked, relayState: "state" });
  });

  it("is verified with any of the connection's certificates", () => {
    const saml = { ...connectionWith().saml!, certificates: [testKey("attacker.crt"), testKey("idp.crt")] };
    assert.deepEqual(judge(query(), { saml }), asked);
    assert.deepEqual(judge(form(logoutRequestXml()), { saml }), asked);
  });

  it("may have its NameID encrypted for us, inside the signature", () => {
    const nameId = `<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Format="${persistent}">ana-7f3a</saml:NameID>`;
    const nameIds = encrypted(nameId).replaceAll("EncryptedAssertion", "EncryptedID");
    assert.deepEqual(judge(query({ nameIds }), { keys: [ourKey] }), asked);
    refuses(query({ nameIds }), "saml_no_key");
    refuses(query({ nameIds: nameIds + nameId }), "saml_logout", { keys: [ourKey] });
    const other = encrypted("<saml:BaseID/>").replaceAll("EncryptedAssertion", "EncryptedID");
    refuses(query({ nameIds: other }), "saml_logout", { keys: [ourKey] });
    const element = '<x xmlns="urn:x"/>';
    refuses(query({ nameIds: encrypted(element).replaceAll("EncryptedAssertion", "EncryptedID") }), "saml_logout", {
      keys: [ourKey],
    });
  });

  const policy: readonly (readonly [what: string, parts: LogoutRequestParts, code: string])[] = [
    ["names another issuer", { issuer: "https://evil.example/saml" }, "saml_issuer"],
    ["names another destination", { destination: urls.acsUrl }, "saml_destination"],
    ["names no destination", { destination: null }, "saml_destination"],
    ["has expired", { notOnOrAfter: minutes(-2) }, "saml_expired"],
    ["was issued long ago", { issueInstant: minutes(-7), notOnOrAfter: null }, "saml_too_old"],
    ["is issued in the future", { issueInstant: minutes(2) }, "saml_issued_in_future"],
    ["is of another version", { version: "1.1" }, "saml_version"],
    ["names nobody", { nameIds: "" }, "saml_name_id"],
    ["names two people", { nameIds: "<saml:NameID>a</saml:NameID><saml:NameID>b</saml:NameID>" }, "saml_name_id"],
    ["names somebody with a comment inside", { nameId: "ana<!-- -->-7f3a" }, "saml_name_id"],
    [
      "names somebody of another service provider",
      { nameIds: `<saml:NameID Format="${persistent}" SPNameQualifier="https://other.example">a</saml:NameID>` },
      "saml_name_id",
    ],
    ["names an empty session", { sessionIndexes: [""] }, "saml_logout"],
    ["has no id that could be used once", { id: "_".repeat(257) }, "saml_logout"],
    ["has an id with a character that XML does not have", { id: "_a&#0;" }, "saml_malformed"],
    ["holds a document type", { nameIds: "<!DOCTYPE x>" }, "saml_doctype"],
    ["is nested very deeply", { nameIds: "<x>".repeat(40) + "</x>".repeat(40) }, "saml_too_complex"],
  ];
  for (const [what, parts, code] of policy) {
    it(`is refused where it ${what}`, () => refuses(query(parts), code));
  }

  it("is refused while nothing is known of the identity provider", () => {
    refuses(query(), "saml_not_configured", { saml: null });
  });
});

describe("a logout by redirect (S47)", () => {
  const sent = signedQuery(logoutRequestXml());
  const forged = signedQuery(logoutRequestXml({ nameId: "bob" }), attacker);
  const of = (text: string, name: string) => new RegExp(`(?:^|&)(${name}=[^&]*)`).exec(text)?.[1] ?? "";

  const cases: readonly (readonly [what: string, text: string, code: string])[] = [
    ["is not signed", of(sent, "SAMLRequest"), "saml_unsigned"],
    ["has an algorithm and no signature", sent.replace(/&Signature=.*/, ""), "saml_unsigned"],
    ["has a signature and no algorithm", sent.replace(/&SigAlg=[^&]*/, ""), "saml_unsigned"],
    ["is signed by a stranger", forged, "saml_signature"],
    [
      "is a forgery with an honest signature",
      sent.replace(/SAMLRequest=[^&]*/, of(forged, "SAMLRequest")),
      "saml_signature",
    ],
    ["has a RelayState that was put in", `${sent}&RelayState=evil`, "saml_signature"],
    [
      "has another RelayState",
      signedQuery(logoutRequestXml(), { relayState: "a" }).replace("RelayState=a", "RelayState=b"),
      "saml_signature",
    ],
    ["has the message twice, the forged one first", `${of(forged, "SAMLRequest")}&${sent}`, "saml_query"],
    ["has the message twice, the forged one last", `${sent}&${of(forged, "SAMLRequest")}`, "saml_query"],
    ["has two signatures", `${sent}&${of(forged, "Signature")}`, "saml_query"],
    ["has another parameter twice", `${sent}&x=1&x=2`, "saml_query"],
    [
      "has a parameter whose name is encoded",
      `${sent}&SAML%52equest=${of(forged, "SAMLRequest").slice(12)}`,
      "saml_query",
    ],
    ["hides the message behind an encoded name", sent.replace("SAMLRequest", "SAML%52equest"), "saml_query"],
    ["is request and response in one", `${sent}&${of(signedQuery(logoutResponseXml()), "SAMLResponse")}`, "saml_query"],
    ["holds no message", "RelayState=x", "saml_query"],
    ["holds nothing", "", "saml_query"],
    ["is encoded as no URL is", sent.replace("SigAlg=", "SigAlg=%zz"), "saml_query"],
    ["says that it is not compressed", `${sent}&SAMLEncoding=none`, "saml_query"],
    ["is a response in place of a request", signedQuery(logoutResponseXml(), { name: "SAMLRequest" }), "saml_root"],
    ["is a sign-in in place of a logout", signedQuery(signedResponse(), { name: "SAMLResponse" }), "saml_root"],
    ["is signed inside as well", signedQuery(sign(logoutRequestXml(), "LogoutRequest")), "saml_signature_place"],
  ];
  for (const [what, text, code] of cases) {
    it(`is refused where it ${what}`, () => refuses({ query: text }, code));
  }

  it("is refused with an algorithm that is not allowed", () => {
    const sha1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
    refuses(query({}, { algorithm: sha1, digest: "sha1" }), "saml_algorithm");
    refuses(query({}, { algorithm: "http://www.w3.org/2000/09/xmldsig#hmac-sha1" }), "saml_algorithm");
    refuses(query({}, { algorithm: sha1 }), "saml_algorithm");
  });

  it("that was changed anywhere is refused, or says exactly what was signed", () => {
    const text = signedQuery(logoutRequestXml(), { relayState: "state" });
    const whole = judge({ query: text });
    const character = fc.constantFrom("A", "b", "0", "%", "&", "=", "+", "<", "SAMLResponse=x&", "&RelayState=y", "");
    const property = fc.property(fc.nat(text.length - 1), fc.nat(3), character, (at, length, put) => {
      const changed = text.slice(0, at) + put + text.slice(at + length);
      try {
        assert.deepEqual(judge({ query: changed }), whole);
      } catch (error) {
        if (!(error instanceof SignInRefused)) throw error;
      }
    });
    fc.assert(property, { seed: 20261122, numRuns: 300 });
  });
});

describe("S46: a logout by redirect that inflates without end", () => {
  it("is refused by its length, or when it has become as long as none of them is", () => {
    const longest = deflateRawSync(Buffer.alloc(40_000_000, " ")).toString("base64");
    refuses({ query: `SAMLRequest=${longest}&SigAlg=x&Signature=x` }, "saml_too_large");
    for (const bytes of [10_000_000, 70_000]) {
      const text = signedQuery(logoutRequestXml() + " ".repeat(bytes));
      assert.ok(text.length < 32_000, "short enough for a request line");
      refuses({ query: text }, "saml_too_large");
    }
  });

  it("is refused where it is no compressed text at all", () => {
    const encode = (text: string) => encodeURIComponent(text.startsWith("http") ? text : `AAAA${text}`);
    refuses(query({}, { encode }), "saml_signature");
    const { query: sent } = query() as { query: string };
    refuses({ query: sent.replace(/SAMLRequest=[^&]*/, "SAMLRequest=AAAA") }, "saml_signature");
  });
});

describe("a logout by a posted form", () => {
  it("is refused unsigned, signed by a stranger, or changed after signing (S47)", () => {
    refuses(form(logoutRequestXml(), null), "saml_unsigned");
    refuses(form(logoutRequestXml(), attacker), "saml_signature");
    const changed = sign(logoutRequestXml(), "LogoutRequest").replace("ana-7f3a", "bob");
    refuses(form(changed, null), "saml_signature");
  });

  it("is refused where something else is signed than what is read (S47)", () => {
    const signed = sign(logoutRequestXml({ id: "_inner" }), "LogoutRequest");
    const signature = /<ds:Signature.*<\/ds:Signature>/s.exec(signed)?.[0] ?? "";
    const inner = signed.replace(signature, "");
    const outer = logoutRequestXml({ id: "_outer", nameId: "bob" });
    const inside = (content: string) => outer.replace("</samlp:LogoutRequest>", `${content}</samlp:LogoutRequest>`);
    refuses(form(inside(signature + inner), null), "saml_signature");
    refuses(form(inside(signed), null), "saml_signature_place");
    const sameId = logoutRequestXml({ id: "_inner", nameId: "bob" });
    refuses(
      form(sameId.replace("</samlp:LogoutRequest>", `${signature}${inner}</samlp:LogoutRequest>`), null),
      "saml_duplicate_id",
    );
  });

  it("is refused with SHA-1, or as another kind of message", () => {
    const sha1 = "http://www.w3.org/2000/09/xmldsig#";
    refuses(
      form(logoutRequestXml(), { signatureAlgorithm: `${sha1}rsa-sha1`, digestAlgorithm: `${sha1}sha1` }),
      "saml_algorithm",
    );
    const response = form(logoutResponseXml()) as { field: string };
    refuses({ name: "SAMLRequest", field: response.field, relayState: null }, "saml_root");
    refuses({ name: "SAMLRequest", field: "no base64!", relayState: null }, "saml_encoding");
  });
});

describe("a LogoutResponse (SAML Core §3.7.3)", () => {
  const outcomeOf = (parts: LogoutResponseParts): unknown => {
    const message = judge({ query: signedQuery(logoutResponseXml(parts)) });
    return message.asks ? null : message.outcome;
  };

  it("says which request it answers, and how it went", () => {
    assert.deepEqual(judge({ query: signedQuery(logoutResponseXml()) }), {
      asks: false,
      requestId: "_request-1",
      outcome: "success",
    });
    assert.equal(judge(form(logoutResponseXml())).asks, false);
    for (const status of [
      ["Success", "PartialLogout"],
      ["Responder", "PartialLogout"],
    ]) {
      assert.equal(outcomeOf({ status }), "partial");
    }
    for (const status of [["Requester"], ["Responder", "RequestDenied"], ["PartialSuccess"]]) {
      assert.equal(outcomeOf({ status }), "failed");
    }
  });

  it("is refused unsigned, without a status or a request, or for another address", () => {
    refuses(form(logoutResponseXml(), null), "saml_unsigned");
    refuses({ query: signedQuery(logoutResponseXml({ status: [] })) }, "saml_logout");
    refuses({ query: signedQuery(logoutResponseXml({ more: "<samlp:Status/>" })) }, "saml_logout");
    refuses({ query: signedQuery(logoutResponseXml({ inResponseTo: null })) }, "saml_in_response_to_missing");
    refuses({ query: signedQuery(logoutResponseXml({ destination: urls.acsUrl })) }, "saml_destination");
  });
});
