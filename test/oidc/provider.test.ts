import assert from "node:assert/strict";
import { beginOidc } from "../../src/sso/oidc/beginOidc.ts";
import { finishOidc } from "../../src/sso/oidc/finishOidc.ts";
import { oidcIdp, type OidcIdp } from "../support/oidcIdp.ts";
import { assertRefused, closeAll, connectionTo, depsWith, signIn, urlsOf } from "./signIn.ts";

describe("sign-in at a certified OpenID Provider", () => {
  let idp: OidcIdp;
  const settings = () => ({ issuer: idp.issuer, clientId: idp.clientId, clientSecret: idp.clientSecret });
  before(async () => {
    idp = await oidcIdp([urlsOf(connectionTo("https://unused.example")).redirectUri]);
  });
  after(async () => {
    idp.close();
    await closeAll();
  });

  it("says who that is, out of the ID token and UserInfo", async () => {
    idp.person = {
      sub: "ana-1",
      email: "Ana@Customer.example",
      email_verified: true,
      given_name: "Ana",
      family_name: "Lima",
      name: "Ana Lima",
      groups: ["Sales", "Admins"],
    };
    const { arrived, issuedAt, ...identity } = await signIn(idp, {
      oidc: { ...settings(), scopes: ["openid", "email", "profile", "groups"] },
      groupsClaim: "groups",
      matchClaim: "sub",
    });
    assert.deepEqual(identity, {
      issuer: idp.issuer,
      subject: "ana-1",
      email: "Ana@customer.example",
      name: { givenName: "Ana", familyName: "Lima", displayName: "Ana Lima" },
      groups: { values: ["Sales", "Admins"] },
      match: ["ana-1"],
      providerSession: null,
      sessionEnds: null,
      authenticatedAt: null,
    });
    assert.deepEqual([arrived["sub"], arrived["groups"]], [["ana-1"], ["Sales", "Admins"]]);
    assert.ok(Math.abs(issuedAt.getTime() - Date.now()) < 60_000);
  });

  it("refuses a wrong client secret with words for the admin", async () => {
    await assertRefused(signIn(idp, { oidc: { ...settings(), clientSecret: "wrong" } }), "oidc_client");
  });

  it("takes a code once", async () => {
    const deps = depsWith();
    const connection = connectionTo(idp.issuer, { oidc: settings() });
    const urls = urlsOf(connection);
    const begun = await beginOidc(connection, urls, deps);
    const back = await idp.visit(begun.redirectUrl);
    const finish = () => finishOidc(connection, urls, back, begun.proof ?? "", deps);
    assert.equal((await finish()).subject, "ana-1");
    await assertRefused(finish(), "oidc_code");
  });
});
