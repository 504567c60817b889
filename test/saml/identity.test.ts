import assert from "node:assert/strict";
import { type AssertionParts, attributeXml, signedResponse } from "../support/hostileSigner.ts";
import { accepted, type At, refused } from "../support/samlOutcome.ts";

const WS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";
const ENTRA = "http://schemas.microsoft.com/identity/claims/";
const GROUPS = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups";
const transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const mailFormat = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const tenantId = "0f0e0d0c-0000-4000-8000-000000000001";
const objectId = "0f0e0d0c-0000-4000-8000-0000000000AA";

async function identity(parts: AssertionParts, connection: At["connection"] = {}) {
  return (await accepted(signedResponse(parts), { connection })).identity;
}

describe("the identity in a SAML assertion", () => {
  it("is the NameID under the issuer, exactly as signed", async () => {
    const { issuer, subject } = await identity({ nameId: "Ana&amp;Co" });
    assert.deepEqual([issuer, subject], ["https://idp.example.com/saml", "Ana&Co"]);
  });

  it("S40: differs for every spelling of a NameID", async () => {
    const spellings = ["ana", "Ana", "ANA", "\u0430na", "ana\u0301", "an\u00e1"];
    const subjects = await Promise.all(spellings.map(async (nameId) => (await identity({ nameId })).subject));
    assert.deepEqual(subjects, spellings);
  });

  it("is Entra ID's tenant and object id where both are there, also beside a transient NameID", async () => {
    const attributes = attributeXml(`${ENTRA}tenantid`, tenantId) + attributeXml(`${ENTRA}objectidentifier`, objectId);
    const { subject } = await identity({ nameIdFormat: transient, attributes });
    assert.equal(subject, `${tenantId}/${objectId.toLowerCase()}`);
  });

  it("is the NameID where Entra ID sends only one of the two", async () => {
    assert.equal(
      (await identity({ attributes: attributeXml(`${ENTRA}objectidentifier`, objectId) })).subject,
      "ana-7f3a",
    );
  });

  it("is none by a tenant or object id that is no UUID, as Entra ID's are", async () => {
    for (const [tid, oid] of [
      [tenantId, "ana/of/somewhere"],
      ["x".repeat(3000), objectId],
    ] as const) {
      const attributes = attributeXml(`${ENTRA}tenantid`, tid) + attributeXml(`${ENTRA}objectidentifier`, oid);
      await refused(signedResponse({ attributes }), "saml_tenant");
    }
  });

  it("is not taken from an Entra tenant other than the issuer's", async () => {
    const issuer = "https://sts.windows.net/0f0e0d0c-0000-4000-8000-000000000002/";
    const attributes = attributeXml(`${ENTRA}tenantid`, tenantId) + attributeXml(`${ENTRA}objectidentifier`, objectId);
    const { connectionWith, settings } = await import("../support/hostileSigner.ts");
    const xml = signedResponse({ issuer, attributes }, { issuer });
    await refused(xml, "saml_tenant", { connection: connectionWith({ saml: { ...settings, entityId: issuer } }) });
  });

  for (const [provider, names] of Object.entries({
    "Entra ID": [`${WS}emailaddress`, `${WS}givenname`, `${WS}surname`, `${ENTRA}displayname`],
    "Okta and Google": ["email", "firstName", "lastName", "displayName"],
    OneLogin: ["User.email", "User.FirstName", "User.LastName", "displayName"],
    Shibboleth: [
      "urn:oid:0.9.2342.19200300.100.1.3",
      "urn:oid:2.5.4.42",
      "urn:oid:2.5.4.4",
      "urn:oid:2.16.840.1.113730.3.1.241",
    ],
  })) {
    it(`has e-mail and names from the attributes that ${provider} sends`, async () => {
      const values = ["Ana@Example.com", "Ana", "Silva", "Ana Silva"];
      const attributes = names.map((name, index) => attributeXml(name, values[index] ?? "")).join("");
      const { email, name } = await identity({ attributes });
      assert.equal(email, "Ana@example.com");
      assert.deepEqual(name, { givenName: "Ana", familyName: "Silva", displayName: "Ana Silva" });
    });
  }

  it("has them from the connection's own names alone where it gives them", async () => {
    const attributes = attributeXml("email", "wrong@example.com") + attributeXml("work", "ana@example.com");
    assert.equal((await identity({ attributes }, { attributes: { email: "work" } })).email, "ana@example.com");
    assert.equal((await identity({ attributes }, { attributes: { email: "none" } })).email, null);
  });

  it("T20: has no name that fills pages, breaks lines of a log, or fits no index", async () => {
    const attributes =
      attributeXml("firstName", "A".repeat(100_000)) + attributeXml("lastName", "Silva&#10;admin: yes");
    const { name } = await identity({ attributes: attributes + attributeXml("displayName", "A".repeat(256)) });
    assert.deepEqual(name, { givenName: null, familyName: null, displayName: "A".repeat(256) });
  });

  it("has the address of a NameID that is one, where no attribute says it", async () => {
    const parts = { nameId: "ana@example.com", attributes: "" };
    assert.equal((await identity({ ...parts, nameIdFormat: mailFormat })).email, "ana@example.com");
    assert.equal((await identity(parts)).email, null, "a persistent NameID is no address");
    assert.equal((await identity({ nameId: "ana", nameIdFormat: mailFormat, attributes: "" })).email, null);
  });

  it("passes over empty and structured attribute values", async () => {
    const attributes =
      attributeXml("email", "", "<saml:x>evil@example.com</saml:x>") + attributeXml("mail", " ana@example.com ");
    assert.equal((await identity({ attributes })).email, "ana@example.com");
  });

  it("S41: reads no meaning into attributes named nameID, issuer, __proto__ or constructor", async () => {
    const names = ["nameID", "NameID", "issuer", "subject", "__proto__", "constructor", "prototype", "toString"];
    const attributes = names.map((name) => attributeXml(name, "mallory@example.com")).join("");
    const found = await identity({ attributes }, { groupsClaim: "__proto__", matchClaim: "constructor" });
    assert.deepEqual([found.subject, found.issuer, found.email], ["ana-7f3a", "https://idp.example.com/saml", null]);
    assert.deepEqual(found.groups, { values: ["mallory@example.com"] });
    assert.equal(Object.getPrototypeOf(found), Object.prototype);
  });

  it("S41: has nothing where a claim is named like a property of every object", async () => {
    const found = await identity({}, { groupsClaim: "constructor", matchClaim: "__proto__" });
    assert.deepEqual([found.groups, found.match], ["absent", []]);
  });

  it("tells absent groups from none, from an overage, and from a claim that is not asked for", async () => {
    const groupsOf = async (attributes: string, groupsClaim: string | null) =>
      (await identity({ attributes }, { groupsClaim })).groups;
    const link = attributeXml("http://schemas.microsoft.com/claims/groups.link", "https://graph.example.com/x");
    assert.equal(await groupsOf("", GROUPS), "absent");
    assert.equal(await groupsOf(link, GROUPS), "overage");
    assert.equal(await groupsOf(link, null), "absent");
    assert.deepEqual(await groupsOf(`<saml:Attribute Name="${GROUPS}"/>`, GROUPS), { values: [] });
    assert.deepEqual(await groupsOf(attributeXml(GROUPS, "a", "b", "a"), GROUPS), { values: ["a", "b"] });
    assert.deepEqual(await groupsOf(attributeXml("g", "a") + attributeXml("g", "b"), "g"), { values: ["a", "b"] });
  });

  it("is matched with the directory by all values of the claim, or by the NameID", async () => {
    const attributes = attributeXml("employee", "7", "8");
    assert.deepEqual((await identity({ attributes }, { matchClaim: "employee" })).match, ["7", "8"]);
    assert.deepEqual((await identity({ attributes }, { matchClaim: "NameID" })).match, ["ana-7f3a"]);
  });
});
