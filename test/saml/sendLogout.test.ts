/** Logout messages of ours, as samlify reads them; and its own, as we do. */
import assert from "node:assert/strict";
import { judgeLogout } from "../../src/sso/saml/judgeLogout.ts";
import { parseIdpMetadata } from "../../src/sso/saml/idpMetadata.ts";
import { answerLogout, askLogout } from "../../src/sso/saml/sendLogout.ts";
import { spMetadata } from "../../src/sso/saml/spMetadata.ts";
import { ourKey } from "../support/encryptor.ts";
import { connectionWith, settings, urls } from "../support/hostileSigner.ts";
import { providerOf } from "../support/samlIdp.ts";
import { inputOf, logoutIdp } from "../support/samlLogout.ts";

const persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const nameId = { value: `ana & "co" <7f3a>`, format: persistent };

for (const binding of ["redirect", "post"] as const) {
  describe(`single logout with samlify by HTTP-${binding} (SAML Profiles §4.4)`, () => {
    const now = new Date();
    const saml = parseIdpMetadata(providerOf(null, binding).getMetadata(), now);
    const connection = connectionWith({ saml, keys: [ourKey] });
    const idp = logoutIdp(spMetadata(urls, { certificates: [ourKey.certificate], requestsSigned: false }), binding);

    it("asks for the end of a session by its names, signed, and takes the answer", async () => {
      const asked = askLogout(connection, urls, { nameId, sessionIndex: "_s-1" }, now);
      assert.ok(asked);
      const taken = await idp.take(asked.outgoing);
      assert.deepEqual([taken.nameId, taken.sessionIndex], [nameId.value, "_s-1"]);
      assert.ok(taken.answer);
      const judged = judgeLogout(connection, urls, inputOf(taken.answer), new Date());
      assert.deepEqual(judged, { asks: false, requestId: asked.requestId, outcome: "success" });
    });

    it("follows a request, and answers it signed", async () => {
      const { id, brought } = idp.ask("ana-7f3a", "_s-1");
      const judged = judgeLogout(connection, urls, inputOf(brought), new Date());
      assert.ok(judged.asks);
      assert.deepEqual([judged.id, judged.nameId.value, judged.sessionIndexes], [id, "ana-7f3a", ["_s-1"]]);
      const answer = answerLogout(connection, urls, judged, new Date());
      assert.ok(answer);
      assert.equal((await idp.take(answer)).inResponseTo, id);
    });

    it("asks for all sessions of a person where the session has no index", async () => {
      const asked = askLogout(connection, urls, { nameId, sessionIndex: null }, now);
      assert.ok(asked);
      assert.equal((await idp.take(asked.outgoing)).sessionIndex, null);
    });
  });
}

describe("a logout message of ours", () => {
  const connection = (singleLogout: object) =>
    connectionWith({
      saml: {
        ...settings,
        singleLogout: { url: "https://idp.example.com/slo?x=1", binding: "redirect", ...singleLogout },
      },
      keys: [ourKey],
    });

  it("answers at the ResponseLocation, with the RelayState as it came (SAML Metadata §2.2.2)", () => {
    const responseUrl = "https://idp.example.com/slo/answer";
    const asked = { id: "_1", relayState: "a b&c=ü" };
    const redirect = answerLogout(connection({ responseUrl }), urls, asked, new Date());
    assert.equal(redirect?.binding, "redirect");
    const { origin, pathname, searchParams } = new URL(redirect.url);
    assert.deepEqual([origin + pathname, searchParams.get("RelayState")], [responseUrl, asked.relayState]);
    const post = answerLogout(connection({ responseUrl, binding: "post" }), urls, asked, new Date());
    assert.equal(post?.binding, "post");
    assert.deepEqual([post.url, post.fields["RelayState"]], [responseUrl, asked.relayState]);
  });

  it("keeps the query of the provider's address, and names a person as the assertion did", () => {
    const known = { ...nameId, nameQualifier: "https://idp.example.com/saml", spNameQualifier: urls.spEntityId };
    const asked = askLogout(connection({ binding: "post" }), urls, { nameId: known, sessionIndex: null }, new Date());
    assert.ok(asked?.outgoing.binding === "post");
    const xml = Buffer.from(asked.outgoing.fields["SAMLRequest"] ?? "", "base64").toString();
    const named = `<saml:NameID Format="${persistent}" NameQualifier="https://idp.example.com/saml" SPNameQualifier="${urls.spEntityId}">`;
    const attributes = (text: string): string[] =>
      (/<saml:NameID ([^>]*)>/.exec(text)?.[1] ?? "").split(" ").toSorted();
    assert.deepEqual(attributes(xml), attributes(named));
    const redirect = askLogout(connection({}), urls, { nameId, sessionIndex: null }, new Date());
    assert.ok(redirect?.outgoing.binding === "redirect");
    assert.equal(new URL(redirect.outgoing.url).searchParams.get("x"), "1");
  });

  it("is none where the provider has no place for it, or we have no key", () => {
    const session = { nameId, sessionIndex: null };
    assert.equal(askLogout(connectionWith({ keys: [ourKey] }), urls, session, new Date()), null);
    assert.equal(askLogout({ ...connection({}), keys: [] }, urls, session, new Date()), null);
    assert.equal(
      answerLogout({ ...connection({}), saml: null }, urls, { id: "_1", relayState: null }, new Date()),
      null,
    );
  });
});
