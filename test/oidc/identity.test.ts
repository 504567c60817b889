import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { IDToken } from "openid-client";
import { Refusal } from "../../src/base/errors.ts";
import { beginOidc } from "../../src/sso/oidc/beginOidc.ts";
import { groupsOf } from "../../src/sso/oidc/claims.ts";
import { checkIdToken } from "../../src/sso/oidc/idToken.ts";
import { identityOf } from "../../src/sso/oidc/identity.ts";
import { checkOidcSettings } from "../../src/sso/oidc/settings.ts";
import { shownError } from "../../src/sso/oidc/shownError.ts";
import { SignInRefused } from "../../src/sso/types.ts";
import { assertRefused, closeAll, connectionTo, depsWith, opWith, signIn, urlsOf } from "./signIn.ts";

type Json = Record<string, unknown>;

const TENANT = "5ec7a1c2-0000-4000-8000-00000000000a";
const OTHER = "5ec7a1c2-0000-4000-8000-00000000000b";
const OBJECT = "0b1ec700-0000-4000-8000-00000000000c";
const asserting = (changed: Json) => ({ claims: (claims: Json) => ({ ...claims, ...changed }) });
/** An Entra ID issuer pinned to TENANT. */
const entra = (changed: Json) => opWith(asserting({ tid: TENANT, oid: OBJECT, ...changed }), `/${TENANT}/v2.0`);

describe("the identity that an OpenID Provider asserts", () => {
  after(closeAll);

  it("is completed by UserInfo, in which nothing of the ID token is replaced", async () => {
    const userinfo = {
      email: "ana@customer.example",
      email_verified: true,
      given_name: "Ana",
      iss: "x",
      sid: "x",
      groups: ["A"],
    };
    const op = await opWith({ ...asserting({ email: undefined, given_name: "Signed", sid: "s1" }), userinfo });
    const identity = await signIn(op, { groupsClaim: "groups" });
    assert.equal(identity.email, "ana@customer.example");
    assert.equal(identity.name.givenName, "Signed");
    assert.equal(identity.issuer, op.issuer);
    assert.equal(identity.providerSession, "s1");
    assert.deepEqual(identity.groups, { values: ["A"] });
  });

  it("asks UserInfo only for what is missing", async () => {
    const op = await opWith();
    await signIn(op);
    assert.ok(!op.asked.includes("/userinfo"));
  });

  it("says when the person was authenticated, where auth_time does (Core §2)", async () => {
    const at = Math.floor(Date.now() / 1000) - 3600;
    const told = async (auth_time: unknown): Promise<Date | null> =>
      (await signIn(await opWith(asserting({ auth_time })))).authenticatedAt;
    assert.deepEqual(await told(at), new Date(at * 1000));
    assert.equal(await told(undefined), null);
    // What no clock shows is at most as late as the token, and no fault.
    assert.ok(Math.abs(((await told(1e300))?.getTime() ?? 0) - Date.now()) < 60_000);
  });

  it("does without UserInfo where there is none", async () => {
    const op = await opWith({
      ...asserting({ email: undefined }),
      discovery: ({ userinfo_endpoint: _none, ...rest }) => rest,
    });
    assert.equal((await signIn(op)).email, null);
  });

  it("O12: takes the subject from the ID token alone", async () => {
    const op = await opWith({ ...asserting({ email: undefined }), userinfo: { sub: "subject-2" } });
    await assertRefused(signIn(op), "oidc_userinfo_subject");
  });

  it("is read where the admin says", async () => {
    const op = await opWith(asserting({ upn: "ana@work.example", vorname: "Ana", employee: "E1" }));
    const attributes = { email: "upn", givenName: "vorname" };
    const identity = await signIn(op, { attributes, matchClaim: "employee" });
    assert.equal(identity.email, "ana@work.example");
    assert.equal(identity.name.givenName, "Ana");
    assert.deepEqual(identity.match, ["E1"]);
  });

  for (const verified of [false, "true", "false", 1, null]) {
    it(`O09: has no address where email_verified is ${JSON.stringify(verified)}`, async () => {
      assert.equal((await signIn(await opWith(asserting({ email_verified: verified })))).email, null);
    });
  }

  for (const email of [["a@x.example", "b@x.example"], { a: 1 }, "no address", "a@x.example\r\nBcc: b@x.example", ""]) {
    it(`O09: has no address where email is ${JSON.stringify(email)}`, async () => {
      assert.equal((await signIn(await opWith(asserting({ email, email_verified: true })))).email, null);
    });
  }

  it("O09: takes no vouching of the ID token for an address of UserInfo", () => {
    const idToken = { iss: "https://x.example", sub: "1", email_verified: true } as unknown as IDToken;
    const connection = connectionTo("https://x.example");
    const userinfo = { email: "ana@x.example", email_verified: false };
    assert.equal(identityOf(idToken, userinfo, connection).email, null);
  });

  it("O09: takes no vouching of UserInfo for an address of the ID token", () => {
    const idToken = {
      iss: "https://x.example",
      sub: "1",
      email: "ana@x.example",
      email_verified: false,
    } as unknown as IDToken;
    const connection = connectionTo("https://x.example");
    assert.equal(identityOf(idToken, { email_verified: true }, connection).email, null);
  });
});

describe("Entra ID", () => {
  after(closeAll);

  it("O09: is keyed by tenant and object, whatever the address says", async () => {
    const op = await entra({ email: "victim@customer.example", preferred_username: "ana@customer.example" });
    const identity = await signIn(op, { provider: "entra" });
    assert.equal(identity.subject, `${TENANT}/${OBJECT}`);
    assert.equal(identity.email, "ana@customer.example");
  });

  it("O09: is believed an address whose domain it vouches for (xms_edov)", async () => {
    const names = { email: "ana@customer.example", preferred_username: "upn@customer.example" };
    for (const xms_edov of [true, 1, "1"]) {
      assert.equal((await signIn(await entra({ ...names, xms_edov }), { provider: "entra" })).email, names.email);
    }
    for (const xms_edov of [false, 0, "0", "true", undefined]) {
      const identity = await signIn(await entra({ ...names, xms_edov }), { provider: "entra" });
      assert.equal(identity.email, names.preferred_username);
    }
  });

  it("O09: has no address for a guest", async () => {
    const op = await entra({ preferred_username: "ana_home.example#EXT#@customer.onmicrosoft.example" });
    assert.equal((await signIn(op, { provider: "entra" })).email, null);
  });

  it("O10: is refused a token of another tenant, or of none", async () => {
    for (const tid of [OTHER, undefined, "", 1, `${TENANT} `]) {
      await assertRefused(signIn(await entra({ tid }), { provider: "entra" }), "oidc_tenant");
    }
  });

  it("O10: is refused a token whose issuer is of another tenant", async () => {
    const op = await opWith(
      {
        claims: (claims) => ({ ...claims, tid: OTHER, oid: OBJECT, iss: String(claims["iss"]).replace(TENANT, OTHER) }),
      },
      `/${TENANT}/v2.0`,
    );
    await assertRefused(signIn(op, { provider: "entra" }), "oidc_issuer");
  });

  it("O10: is refused an issuer that is pinned to no tenant, also where it was saved", async () => {
    const template = {
      discovery: (d: Json) => ({ ...d, issuer: String(d["issuer"]).replace("common", "{tenantid}") }),
    };
    await assertRefused(signIn(await opWith(template, "/common/v2.0"), { provider: "entra" }), "oidc_discovery_issuer");
    const op = await opWith(asserting({ tid: TENANT, oid: OBJECT }), "/common/v2.0");
    await assertRefused(signIn(op, { provider: "entra" }), "oidc_tenant");
  });

  it("O10: is refused a token without the object id", async () => {
    await assertRefused(signIn(await entra({ oid: undefined }), { provider: "entra" }), "oidc_subject");
  });
});

describe("Google", () => {
  after(closeAll);
  const google = { provider: "google", oidc: { hostedDomain: "customer.example" } };

  it("O11: is believed the domain that is configured", async () => {
    assert.ok(await signIn(await opWith(asserting({ hd: "Customer.Example" })), google));
  });

  it("O11: is refused accounts of another organisation, and of none", async () => {
    for (const hd of ["other.example", "sub.customer.example", undefined, "", true, ["customer.example"]]) {
      const op = await opWith(asserting({ hd }));
      await signIn(op, google).then(
        () => assert.fail("accepted"),
        (error: unknown) => assert.equal(error instanceof SignInRefused && error.code, "oidc_hosted_domain"),
      );
    }
  });

  const unset = { provider: "google", ownDomains: ["mine.example", "xn--bcher-kva.example"] };

  it("O11: is believed the tenant's verified domains where none is configured, as A-labels", async () => {
    for (const hd of ["mine.example", "bücher.example", "XN--BCHER-KVA.example"]) {
      assert.ok(await signIn(await opWith(asserting({ hd })), unset));
    }
  });

  it("O11: is refused consumers' accounts and other organisations' where no domain is configured", async () => {
    await assertRefused(signIn(await opWith(), { provider: "google" }), "oidc_hosted_domain");
    for (const hd of ["other.example", "sub.mine.example", undefined, ""]) {
      const op = await opWith(asserting({ hd }));
      const refused = { code: "oidc_hosted_domain" };
      await assert.rejects(signIn(op, unset), refused);
      await assert.rejects(signIn(op, { provider: "google" }), refused);
    }
  });

  it("is told the domain and the scopes to ask for, and whom to offer", async () => {
    const op = await opWith();
    const connection = connectionTo(op.issuer, { oidc: { hostedDomain: "mine.example", scopes: ["openid", "email"] } });
    const begun = await beginOidc(connection, urlsOf(connection), depsWith(), "ana@mine.example");
    const { searchParams } = new URL(begun.redirectUrl);
    assert.deepEqual(
      ["hd", "scope", "login_hint"].map((name) => searchParams.get(name)),
      ["mine.example", "openid email", "ana@mine.example"],
    );
  });
});

describe("groups in claims", () => {
  const connection = connectionTo("https://x.example", { groupsClaim: "groups" });

  it("are absent, a text, or several", () => {
    assert.equal(groupsOf({}, connection), "absent");
    assert.equal(groupsOf({ groups: null }, connection), "absent");
    assert.deepEqual(groupsOf({ groups: "A" }, connection), { values: ["A"] });
    assert.deepEqual(groupsOf({ groups: [] }, connection), { values: [] });
    assert.equal(groupsOf({ groups: ["A"] }, connectionTo("https://x.example")), "absent");
  });

  it("are an overage where a pointer stands in their place (Core §5.6.2)", () => {
    const _claim_sources = { src1: { endpoint: "https://evil.example" } };
    assert.equal(groupsOf({ _claim_names: { groups: "src1" }, _claim_sources }, connection), "overage");
    assert.equal(groupsOf({ hasgroups: true }, connection), "overage");
    assert.equal(groupsOf({ _claim_names: { address: "src1" } }, connection), "absent");
  });

  it("are no names that every object has", () => {
    for (const groupsClaim of ["constructor", "__proto__", "toString"]) {
      assert.equal(groupsOf({ _claim_names: {} }, { ...connection, groupsClaim }), "absent");
    }
  });
});

describe("any claims", () => {
  const now = new Date("2026-11-21T12:00:00Z");
  const claims = fc.record({
    iss: fc.constant("https://x.example"),
    sub: fc.oneof(fc.string({ unit: "binary" }), fc.constant("s")),
    iat: fc.integer(),
  });
  const more = fc.dictionary(
    fc.constantFrom(
      "email",
      "email_verified",
      "name",
      "given_name",
      "groups",
      "_claim_names",
      "sid",
      "azp",
      "hd",
      "tid",
      "__proto__",
    ),
    fc.jsonValue(),
  );

  it("give an identity of plain texts, or are refused with a code", () => {
    fc.assert(
      fc.property(claims, more, more, (signed, rest, userinfo) => {
        const connection = connectionTo("https://x.example", { groupsClaim: "groups", matchClaim: "name" });
        const idToken = { ...rest, ...signed } as unknown as IDToken;
        try {
          checkIdToken(idToken, connection, now);
          const identity = identityOf(idToken, userinfo, connection);
          assert.equal(identity.subject, signed.sub);
          for (const each of [identity.email, identity.providerSession, ...Object.values(identity.name)]) {
            assert.ok(each === null || /^[^\p{Cc}\p{Cs}]{1,256}$/u.test(each));
          }
        } catch (error) {
          if (!(error instanceof SignInRefused)) throw error;
          assert.match(error.code, /^oidc_/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("of errors are shown as one plain word", () => {
    const any = fc.oneof(fc.string({ unit: "binary" }), fc.string());
    fc.assert(
      fc.property(any, any, (error, description) => {
        assert.match(shownError(error, description), /^([\w.:/-]+|an error that has no proper name)( \(AADSTS\d+\))?$/);
      }),
    );
  });
});

describe("OIDC settings that an admin types", () => {
  const typed = { issuer: "https://login.example.com", clientId: "client", clientSecret: "secret" };
  const check = (changed: Partial<typeof typed>, provider = "other", allowHttp = false) =>
    checkOidcSettings({ ...typed, ...changed }, provider, allowHttp);
  const pathOf = (work: () => unknown): string | undefined => {
    try {
      work();
      return undefined;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      assert.equal(error.code, "invalid_request");
      return error.errors[0]?.path;
    }
  };

  it("are kept as typed, without the spaces around them", () => {
    assert.deepEqual(check({ issuer: " https://login.example.com/ ", clientId: " client " }), {
      issuer: "https://login.example.com/",
      clientId: "client",
      clientSecret: "secret",
    });
    assert.equal(checkOidcSettings({ issuer: typed.issuer, clientId: "c" }, "other", false).clientSecret, null);
  });

  it("may name the address of the metadata, of which the issuer is kept", () => {
    const issuer = "https://login.example.com/realms/a";
    assert.equal(check({ issuer: `${issuer}/.well-known/openid-configuration` }).issuer, issuer);
  });

  for (const issuer of [
    "",
    "login.example.com",
    "http://login.example.com",
    "ftp://login.example.com",
    "javascript:alert(1)",
    "https://login.example.com?tenant=a",
    "https://login.example.com/#a",
    "https://ana:secret@login.example.com",
    "https://login.example.com/.well-known/oauth-authorization-server",
    "https://login.example.com/.well-known/openid-configuration/.well-known/openid-configuration",
    `https://login.example.com/${"a".repeat(1024)}`,
  ]) {
    it(`have no issuer like ${JSON.stringify(issuer.slice(0, 80))}`, () => {
      assert.equal(
        pathOf(() => check({ issuer })),
        "/oidc/issuer",
      );
    });
  }

  it("may be of plain http where that is allowed", () => {
    assert.equal(check({ issuer: "http://127.0.0.1:9000" }, "other", true).issuer, "http://127.0.0.1:9000");
  });

  it("have a client id and secret in ASCII", () => {
    for (const clientId of ["", "  ", "a\u0000", "clé", "c".repeat(513)]) {
      assert.equal(
        pathOf(() => check({ clientId })),
        "/oidc/clientId",
      );
    }
    for (const clientSecret of ["a\nb", "clé"])
      assert.equal(
        pathOf(() => check({ clientSecret })),
        "/oidc/clientSecret",
      );
  });

  for (const host of ["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"]) {
    it(`O10: are pinned to one tenant at ${host}`, () => {
      for (const tenant of ["common", "organizations", "consumers", "customer.onmicrosoft.com", ""]) {
        assert.equal(
          pathOf(() => check({ issuer: `https://${host}/${tenant}/v2.0` })),
          "/oidc/issuer",
        );
      }
      assert.equal(check({ issuer: `https://${host}/${TENANT}/v2.0` }).issuer, `https://${host}/${TENANT}/v2.0`);
    });
  }

  it("O10: are pinned likewise where the provider is called entra", () => {
    assert.equal(
      pathOf(() => check({ issuer: "https://login.customer.example/common/v2.0" }, "entra")),
      "/oidc/issuer",
    );
  });
});

describe("T21: where a claim is read", () => {
  after(closeAll);
  const nested = {
    realm_access: { roles: ["A", "B"] },
    "a/b": { "c~d": "deep" },
    list: [{ mail: "x@customer.example" }],
  };
  const read = (groupsClaim: string, claims: Json = nested) =>
    groupsOf(claims, connectionTo("https://op.example", { groupsClaim }));

  it("may be a path into it (RFC 6901)", () => {
    assert.deepEqual(read("/realm_access/roles"), { values: ["A", "B"] });
    assert.deepEqual(read("/a~1b/c~0d"), { values: ["deep"] });
    assert.deepEqual(read("/list/0/mail"), { values: ["x@customer.example"] });
  });

  it("is first the claim of that very name", () => {
    assert.deepEqual(read("/groups", { "/groups": "named", groups: "pointed" }), { values: ["named"] });
    assert.deepEqual(read("https://example.com/groups", { "https://example.com/groups": "A" }), { values: ["A"] });
  });

  it("is a name or a path, and no expression", () => {
    const all = ["/realm_access/constructor", "/__proto__/toString", "/list/length", "/realm_access/roles/push"];
    const code = [
      "realm_access.roles",
      "realm_access['roles']",
      "${realm_access.roles}",
      "$.list[*]",
      "//",
      "/",
      "/list/-1",
    ];
    for (const path of [...all, ...code]) assert.equal(read(path), "absent", path);
  });

  it("is an overage where a pointer stands in place of the claim that the path leads into (Core §5.6.2)", () => {
    assert.equal(read("/groups/0", { _claim_names: { groups: "src1" } }), "overage");
  });

  it("T10: has groups of texts alone, without controls", async () => {
    for (const groups of [["a", 7], { a: 1 }, ["a\u0000b"], ["\ud800"]]) {
      await assertRefused(signIn(await opWith(asserting({ groups })), { groupsClaim: "groups" }), "oidc_groups");
    }
  });

  it("is shown to the admin as it arrived, cut where it is long", async () => {
    const op = await opWith(
      asserting({
        long: "a".repeat(1000),
        many: Array.from({ length: 50 }, (_, i) => String(i)),
        odd: "a\u0000b",
        n: 1,
      }),
    );
    const { arrived } = await signIn(op);
    assert.equal(arrived["long"]?.[0]?.length, 256);
    assert.deepEqual(arrived["many"]?.slice(39), ["39", "… 10 more"]);
    assert.deepEqual([arrived["odd"], arrived["n"]], [["a\ufffdb"], ["1"]]);
  });
});
