import assert from "node:assert/strict";
import {
  type AssertionParts,
  assertionXml,
  attributeXml,
  audienceRestriction,
  authnStatement,
  confirmation,
  connectionWith,
  minutes,
  NOW,
  post,
  requestId,
  responseXml,
  type ResponseParts,
  settings,
  sign,
  signAll,
  signedResponse,
  testKey,
  urls,
  urlsOf,
} from "../support/hostileSigner.ts";
import { finishSaml } from "../../src/sso/saml/finishSaml.ts";
import { SignInRefused } from "../../src/sso/types.ts";
import { accepted, refused } from "../support/samlOutcome.ts";

const elsewhere = "https://elsewhere.example.com/acs";
const status = (value: string, inner = "") =>
  `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${value}">${inner}</samlp:StatusCode></samlp:Status>`;

type Row = readonly [name: string, code: string, assertion: AssertionParts, response?: ResponseParts];

/** Each is signed by the right key: only the policy stands between it and a session. */
const rows: readonly Row[] = [
  ["S23: names another Destination", "saml_destination", {}, { destination: elsewhere }],
  ["S23: names no Destination", "saml_destination", {}, { destination: null }],
  ["S23: names our Destination with something after it", "saml_destination", {}, { destination: `${urls.acsUrl}/` }],
  ["S24: names another Recipient", "saml_recipient", { recipient: elsewhere }],
  ["S24: names no Recipient", "saml_recipient", { recipient: null }],
  ["S25: has an assertion of another Issuer", "saml_issuer", { issuer: "https://evil.example/saml" }],
  ["S25: has an assertion without an Issuer", "saml_issuer", { issuer: null }],
  ["S25: has an assertion whose Issuer is no entity", "saml_issuer", { issuerFormat: "urn:example:format" }],
  ["S25: has an assertion whose Issuer is padded", "saml_issuer", { issuer: ` ${settings.entityId}` }],
  ["S25: is of another Issuer than its assertion", "saml_issuer", {}, { issuer: "https://evil.example/saml" }],
  ["S28: has no SubjectConfirmation", "saml_subject_confirmation", { confirmations: "" }],
  ...["holder-of-key", "sender-vouches"].map((method): Row => [
    `S28: is confirmed by ${method} alone`,
    "saml_subject_confirmation",
    { method: `urn:oasis:names:tc:SAML:2.0:cm:${method}` },
  ]),
  [
    "S28: has a bearer confirmation without data",
    "saml_subject_confirmation",
    { confirmations: '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"/>' },
    {},
  ],
  ["S29: has a SubjectConfirmationData that has expired", "saml_expired", { confirmedUntil: minutes(-2) }],
  ["S29: has a SubjectConfirmationData that is not valid yet", "saml_not_yet_valid", { confirmedFrom: minutes(2) }],
  ["S29: has a SubjectConfirmationData without NotOnOrAfter", "saml_subject_confirmation", { confirmedUntil: null }],
  ["S30: has Conditions that have expired", "saml_expired", { notOnOrAfter: minutes(-1) }],
  ["S30: has Conditions that are not valid yet", "saml_not_yet_valid", { notBefore: minutes(2) }],
  ["S30: has no Conditions", "saml_conditions", { conditions: "" }],
  [
    "S30: has Conditions twice",
    "saml_conditions",
    { conditions: `<saml:Conditions>${audienceRestriction(urls.spEntityId)}</saml:Conditions>`.repeat(2) },
  ],
  ["S30: has no AudienceRestriction", "saml_audience", { conditions: "<saml:Conditions/>" }],
  ["S30: has an AudienceRestriction without Audience", "saml_audience", { audiences: [] }],
  ["S30: is for another audience", "saml_audience", { audiences: [elsewhere] }],
  [
    "S30: has a second AudienceRestriction that is not ours",
    "saml_audience",
    { moreConditions: audienceRestriction(elsewhere) },
  ],
  ["S30: has a condition that is not known", "saml_conditions", { moreConditions: "<saml:Condition/>" }],
  ["S31: has an assertion that is a day old", "saml_too_old", { issueInstant: minutes(-24 * 60) }],
  ["S31: has an assertion from the future", "saml_issued_in_future", { issueInstant: minutes(24 * 60) }],
  ["S31: has an assertion without IssueInstant", "saml_time", { issueInstant: null }],
  ["S31: is a day old itself", "saml_too_old", {}, { issueInstant: minutes(-24 * 60) }],
  ["S31: has a time without a zone", "saml_time", { notOnOrAfter: "2026-11-01T12:05:00" }],
  ["S31: has a time that is none", "saml_time", { notOnOrAfter: "2026-13-41T12:05:00Z" }],
  ["S33: has lost its InResponseTo", "saml_in_response_to_missing", {}, { inResponseTo: null }],
  [
    "S34: is unsolicited in its signed part and names a request outside",
    "saml_in_response_to_missing",
    { inResponseTo: null },
  ],
  [
    "S34: names one request outside and another in its signed part",
    "saml_in_response_to",
    {},
    { inResponseTo: "_other" },
  ],
  ["S34: has an empty InResponseTo", "saml_in_response_to_missing", { inResponseTo: "" }, { inResponseTo: "" }],
  ["S37: is unsolicited", "saml_unsolicited", { inResponseTo: null }, { inResponseTo: null }],
  ["S38: says Responder beside a signed assertion", "saml_status", {}, { status: status("Responder") }],
  ["S38: says Requester beside a signed assertion", "saml_status", {}, { status: status("Requester") }],
  ["S38: says nothing of its status", "saml_status", {}, { status: "" }],
  ["S38: has two statuses", "saml_status", {}, { status: status("Success") + status("Responder") }],
  ["S40: has an empty NameID", "saml_name_id", { nameId: "" }],
  ["S40: has a NameID of spaces", "saml_name_id", { nameId: "  " }],
  ["S40: has a padded NameID", "saml_name_id", { nameId: "ana-7f3a " }],
  ["S40: has a NameID padded with a no-break space", "saml_name_id", { nameId: "\u00a0ana-7f3a" }],
  ["S40: has two NameIDs", "saml_name_id", { nameIds: "<saml:NameID>ana</saml:NameID><saml:NameID>bob</saml:NameID>" }],
  ["S40: has no NameID", "saml_name_id", { nameIds: "" }],
  ["S40: has a NameID with an element in it", "saml_name_id", { nameId: "ana<saml:x/>" }],
  ["S40: has a NameID of 1025 characters", "saml_name_id", { nameId: "a".repeat(1025) }],
  ["S40: has a NameID that no index would take", "saml_name_id", { nameId: "\u{10348}".repeat(512) }],
  [
    "S40: has a transient NameID",
    "saml_name_id_transient",
    { nameIdFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:transient" },
  ],
  [
    "S40: has a persistent NameID that is qualified for another provider",
    "saml_name_id",
    {
      nameIds: `<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" SPNameQualifier="${elsewhere}">ana</saml:NameID>`,
    },
  ],
  [
    "S41: has two values of the e-mail attribute",
    "saml_attribute_duplicate",
    { attributes: attributeXml("email", "ana@example.com", "bob@example.com") },
  ],
  [
    "S41: has the e-mail attribute twice",
    "saml_attribute_duplicate",
    { attributes: attributeXml("email", "ana@example.com") + attributeXml("email", "bob@example.com") },
  ],
  ["S41: has an attribute without a name", "saml_attribute", { attributes: "<saml:Attribute/>" }],
  [
    "S41: has two addresses in one e-mail value",
    "saml_email",
    { attributes: attributeXml("email", "ana@example.com,bob@example.com") },
  ],
  ["S42: has an assertion of version 1.1", "saml_version", { version: "1.1" }],
  ["S42: is of version 1.1 itself", "saml_version", {}, { version: "1.1" }],
  [
    "S42: has an assertion in the namespace of SAML 1.1",
    "saml_assertion_count",
    { namespace: "urn:oasis:names:tc:SAML:1.0:assertion" },
  ],
  [
    "S42: tells of a session that has ended",
    "saml_session_ended",
    { authnStatement: authnStatement(` SessionNotOnOrAfter="${minutes(-1)}"`) },
  ],
  ["S42: tells of no sign-in", "saml_authn_statement", { authnStatement: "" }],
  ["S42: has an assertion without an ID to use once", "saml_assertion", { id: "" }],
];

describe("the policy over a signed SAML response: it is refused where it", () => {
  for (const [name, code, assertion, response] of rows) {
    it(`${name} (${code})`, async () => {
      const xml = responseXml({ content: assertionXml(assertion), ...response });
      // An empty ID cannot be referenced, so such an assertion is covered by the response's signature.
      await refused(sign(xml, assertion.id === "" || assertion.issuer === null ? "Response" : "Assertion"), code);
      const rewrapped = response === undefined || response.issuer === undefined;
      if (rewrapped) await refused(sign(xml, "Response"), code);
    });
  }

  it("S26: was made for another tenant at the same identity provider and with the same key", async () => {
    const other = urlsOf("0193a000-0000-7000-8000-000000000002");
    await refused(signedResponse(), "saml_destination", { urls: other });
    await refused(signedResponse({}, { destination: other.acsUrl }), "saml_audience", { urls: other });
    const shared = signedResponse({ audiences: [urls.spEntityId, other.spEntityId] }, { destination: other.acsUrl });
    await refused(shared, "saml_recipient", { urls: other });
  });

  it("S26: was made by the identity provider of another tenant", async () => {
    const theirs = { entityId: "https://idp.other.example/saml", ssoUrl: "", certificates: [testKey("attacker.crt")] };
    await refused(signedResponse(), "saml_issuer", { connection: { saml: theirs } });
    await refused(signedResponse(), "saml_signature", {
      connection: { saml: { ...theirs, entityId: settings.entityId } },
    });
  });

  it("comes to a connection without an identity provider", async () => {
    await refused(signedResponse(), "saml_not_configured", { connection: { saml: null } });
    await refused(signedResponse(), "saml_not_configured", { connection: { saml: { ...settings, certificates: [] } } });
  });

  it("is the provider's refusal, of which only the status codes are repeated", async () => {
    const inner = '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:NoPassive"/>';
    const message = "<samlp:StatusMessage>Ana Silva is locked</samlp:StatusMessage>";
    const failed = status("Responder", inner).replace("</samlp:Status>", `${message}</samlp:Status>`);
    const refusal = await refused(responseXml({ content: "", status: failed }), "saml_status");
    assert.match(refusal.message, /Responder, NoPassive/);
    assert.doesNotMatch(refusal.message, /Ana/);
    const hostile = await refused(responseXml({ content: "", status: status("x&#10;evil") }), "saml_status");
    assert.doesNotMatch(hostile.message, /evil/);
  });
});

describe("the text of a SAML response: it is refused where it", () => {
  const field = (samlResponse: unknown) =>
    finishSaml(connectionWith(), urls, { samlResponse } as { samlResponse: string }, NOW);
  const isRefusal = (code: string) => (error: unknown) => error instanceof SignInRefused && error.code === code;

  for (const [name, text] of Object.entries({
    "a bare DOCTYPE": "<!DOCTYPE x>",
    "an internal subset": '<!DOCTYPE x [<!ENTITY a "b">]>',
    "a SYSTEM entity": '<!DOCTYPE x SYSTEM "file:///etc/hostname">',
    "an ATTLIST with a default ID": '<!DOCTYPE x [<!ATTLIST Assertion ID CDATA "_a">]>',
    "a DOCTYPE in lower case": "<!doctype x>",
    "a DOCTYPE after a comment": "<!-- --><!DOCTYPE x>",
    "a DOCTYPE after the XML declaration": '<?xml version="1.0"?>\n<!DOCTYPE x>',
  })) {
    it(`S39: begins with ${name}`, async () => {
      await refused(text + signedResponse(), "saml_doctype");
    });
  }

  it("S39: holds an entity that XML does not know", async () => {
    await refused(signedResponse().replace("ana-7f3a", "&ana;"), "saml_malformed");
  });

  it("S45: is larger than 512 KB, before it is decoded", async () => {
    await assert.rejects(field("A".repeat(512 * 1024 + 4)), isRefusal("saml_too_large"));
  });

  it("S45: comes several times, or not at all", async () => {
    for (const value of [["a", "b"], undefined, null, 7, {}])
      await assert.rejects(field(value), isRefusal("saml_encoding"));
  });

  it("S45: is no base64", async () => {
    for (const value of ["", "   ", "a", "a===", "!!!!", "PHg+_w==", `${post("<x/>").samlResponse}=`]) {
      await assert.rejects(field(value), isRefusal("saml_encoding"));
    }
  });

  it("S45: is not UTF-8, or says so", async () => {
    const latin1 = Buffer.from("<x>\u00e9</x>", "latin1").toString("base64");
    const utf16 = Buffer.from("<x/>", "utf16le").toString("base64");
    for (const value of [latin1, utf16]) await assert.rejects(field(value), isRefusal("saml_encoding"));
    await refused(`<?xml version="1.0" encoding="UTF-16"?>${signedResponse()}`, "saml_encoding");
  });

  it("S45: has very many tags, is nested very deeply, or has very many attributes", async () => {
    await refused(responseXml({ content: "<x/>".repeat(3500) }), "saml_too_complex");
    await refused(responseXml({ content: "<!---->".repeat(8000) }), "saml_too_complex");
    await refused(responseXml({ content: "<x>".repeat(40) + "</x>".repeat(40) }), "saml_too_complex");
    const attributes = Array.from({ length: 12_001 }, (_, index) => ` a${index}=""`).join("");
    await refused(responseXml({ content: `<x${attributes}/>` }), "saml_too_complex");
  });

  for (const [name, text] of Object.entries({
    "is empty XML": " ",
    "is no XML": "hello",
    "has an element that does not end": "<samlp:Response>",
    "has two roots": "<a/><b/>",
    "has an attribute without quotes": "<a b=c/>",
    "has an attribute twice": '<a b="1" b="2"/>',
    "uses a prefix that it does not declare": '<samlp:Response ID="a"/>',
  })) {
    it(name, async () => {
      await refused(text, /^saml_(malformed|root)$/);
    });
  }

  it("is another message: a LogoutResponse, an assertion alone, a Response of SAML 1.1", async () => {
    await refused('<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>', "saml_root");
    await refused(sign(assertionXml(), "Assertion"), "saml_root");
    await refused('<Response xmlns="urn:oasis:names:tc:SAML:1.0:protocol"/>', "saml_root");
  });

  it("is taken with an XML declaration, line breaks in its base64, and an ID that nothing else has", async () => {
    const xml = `<?xml version="1.0" encoding="utf-8"?>\n${signedResponse()}`;
    const broken = post(xml).samlResponse.replace(/.{76}/g, "$&\r\n");
    assert.equal((await finishSaml(connectionWith(), urls, { samlResponse: broken }, NOW)).requestId, requestId);
    await refused(signedResponse({ id: "_response-1" }), "saml_duplicate_id");
  });
});

describe("the policy over a signed SAML response: it is taken", () => {
  it("with the request, the assertion and the time until which both must be remembered", async () => {
    const answer = await accepted(signedResponse());
    assert.equal(answer.requestId, requestId);
    assert.equal(answer.assertionId, "_assertion-1");
    assert.equal(answer.expiresAt.toISOString(), minutes(7));
  });

  it("up to one minute of skew either way, and not a millisecond more", async () => {
    const at = (offset: number) => ({ now: new Date(NOW.getTime() + offset) });
    const long = signedResponse({ notBefore: minutes(0), issueInstant: minutes(0) }, { issueInstant: minutes(0) });
    await accepted(long, at(-60_000));
    await refused(long, "saml_issued_in_future", at(-60_001));
    await accepted(long, at(6 * 60_000 - 1));
    await refused(long, "saml_expired", at(6 * 60_000));
  });

  it("never after the moment until which it is remembered", async () => {
    const xml = signedResponse({ notOnOrAfter: minutes(3), confirmedUntil: minutes(60) });
    const { expiresAt } = await accepted(xml);
    await refused(xml, /expired|too_old/, { now: expiresAt });
  });

  it("S28: where one of several confirmations is a bearer's and good", async () => {
    const confirmations =
      confirmation({ method: "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key", recipient: elsewhere }) +
      confirmation({ recipient: elsewhere }) +
      confirmation();
    assert.equal((await accepted(signedResponse({ confirmations }))).requestId, requestId);
  });

  it("S42: with OneTimeUse, since every assertion is used once", async () => {
    await accepted(signedResponse({ moreConditions: "<saml:OneTimeUse/>" }));
  });

  it("without an Issuer of the Response, which may be left out", async () => {
    const xml = responseXml({ issuer: null });
    await accepted(sign(xml, "Assertion"));
  });

  it("S42: with the end of the provider's session, the earliest of all statements", async () => {
    const ends = [minutes(90), minutes(30)].map((end) =>
      authnStatement(` SessionNotOnOrAfter="${end}" SessionIndex="_s"`),
    );
    const { identity } = await accepted(
      signAll(responseXml({ content: assertionXml({ authnStatement: ends.join("") }) }), ["Response"]),
    );
    assert.equal(identity.sessionEnds?.toISOString(), minutes(30));
    assert.equal(identity.providerSession, "_s");
  });

  it("with the time of authentication, the earliest AuthnInstant of all statements (SAML Core §2.7.2)", async () => {
    const statements = [minutes(-3), minutes(-30)].map((at) =>
      authnStatement().replace(/AuthnInstant="[^"]*"/, `AuthnInstant="${at}"`),
    );
    const content = assertionXml({ authnStatement: statements.join("") });
    const { identity } = await accepted(signAll(responseXml({ content }), ["Response"]));
    assert.equal(identity.authenticatedAt?.toISOString(), minutes(-30));
  });
});
