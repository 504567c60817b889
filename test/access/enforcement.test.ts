/** Required single sign-on (rule 28): when it may be switched on, what it refuses, and who gets in all the same. */
import assert from "node:assert/strict";
import { accessRoutes } from "../../src/access/index.ts";
import { resources } from "../../src/admin/index.ts";
import { registrationToken } from "../../src/directory/domains/registrations.ts";
import { ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newSlug } from "../support/tenant.ts";
import {
  account,
  attach,
  cameBy,
  connection,
  demand,
  eventsOf,
  localSessions,
  member,
  PASSWORD,
  patchMember,
  type Place,
  ready,
  signedIn,
  signIn,
} from "./people.ts";
import { api, Browser, place } from "./place.ts";

async function query(text: string, values: unknown[]): Promise<Record<string, unknown>[]> {
  return (await (await testDatabase()).pool.query(text, values)).rows as Record<string, unknown>[];
}

const removed = async (tenant: Place, id: string): Promise<number> =>
  (await api("DELETE", `/tenants/${tenant.slug}/members/${id}`)).status;

beforeEach(async () => {
  await query("delete from attempt_limits", []);
});

describe("requiring single sign-on", () => {
  it("is switched on once an admin has signed in through an enabled connection, for whom it is asked", async () => {
    const { tenant } = await ready();
    assert.equal(await demand(tenant, "verifiedDomains"), 200);
    assert.equal(await demand(tenant, "everyone"), 200);
    assert.equal(await demand(tenant, "no"), 200);
  });

  const lacking: readonly (readonly [
    what: string,
    spoil: (here: Awaited<ReturnType<typeof ready>>) => Promise<unknown>,
  ])[] = [
    ["there is no connection", ({ connectionId }) => query("delete from connections where id = $1", [connectionId])],
    [
      "it is switched off",
      ({ connectionId }) => query("update connections set status = 'disabled' where id = $1", [connectionId]),
    ],
    ["nobody has signed in by it", ({ tenant }) => query("delete from identities where tenant_id = $1", [tenant.id])],
    [
      "the admin's sign-in is eight days old",
      ({ tenant }) =>
        query("update identities set last_used_at = now() - interval '8 days' where tenant_id = $1", [tenant.id]),
    ],
    [
      "only somebody else has signed in",
      async ({ tenant, connectionId }) => {
        await query("delete from identities where tenant_id = $1", [tenant.id]);
        await cameBy(tenant, connectionId, (await member(tenant, "ana")).id);
      },
    ],
    ["nobody could come in without it", ({ tenant, glass }) => patchMember(tenant, glass.id, { breakGlass: false })],
    [
      "who could has no password",
      ({ glass }) => query("update members set password_hash = null where id = $1", [glass.id]),
    ],
    ["who could is suspended", ({ tenant, glass }) => patchMember(tenant, glass.id, { hold: true })],
  ];
  for (const [what, spoil] of lacking) {
    it(`T12: is refused where ${what}`, async () => {
      const here = await ready();
      await spoil(here);
      assert.equal(await demand(here.tenant, "everyone"), 409);
      const [row] = await query("select settings from tenants where id = $1", [here.tenant.id]);
      assert.deepEqual(row, { settings: {} });
    });
  }

  it("T12: is refused of a tenant that is only made", async () => {
    const slug = newSlug();
    const made = await api("POST", "/tenants", {
      slug,
      name: "Acme",
      settings: { signIn: { ssoRequired: "everyone" } },
    });
    assert.equal(made.status, 409);
    assert.equal((await api("GET", `/tenants/${slug}`)).status, 404);
  });

  it("T12: lets the last who could come in without it neither go, nor be held, nor lose the access", async () => {
    const { tenant, glass } = await ready();
    await demand(tenant, "everyone");
    const path = `/tenants/${tenant.slug}/members/${glass.id}`;
    for (const change of [{ breakGlass: false }, { hold: true }])
      assert.equal((await api("PATCH", path, change)).status, 409);
    assert.equal(await removed(tenant, glass.id), 409);
    const second = await member(tenant, "second");
    await patchMember(tenant, second.id, { breakGlass: true });
    assert.equal(await removed(tenant, glass.id), 204);
    assert.equal(await removed(tenant, second.id), 409);
    await demand(tenant, "no");
    assert.equal(await removed(tenant, second.id), 204);
  });

  it("T12: keeps one of two who are held at once", async () => {
    const { tenant, glass } = await ready();
    const second = await member(tenant, "second");
    await patchMember(tenant, second.id, { breakGlass: true });
    await demand(tenant, "everyone");
    const holds = [glass, second].map(({ id }) =>
      api("PATCH", `/tenants/${tenant.slug}/members/${id}`, { hold: true }),
    );
    const statuses = (await Promise.all(holds)).map(({ status }) => status);
    assert.deepEqual(new Set(statuses), new Set([200, 409]));
  });
});

/** The paths of a table of routes, with something in each place. */
function filled(path: string, tenant: Place, id: string): string {
  return path.replaceAll("{t}", tenant.slug).replaceAll(/\{\w+\}|:\w+/g, id);
}

describe("what required single sign-on refuses", () => {
  it("T13: ends what passwords and passkeys had opened, in the moment in which it is switched on", async () => {
    const { tenant, connectionId } = await ready();
    const [ana, bo] = [await member(tenant, "ana"), await member(tenant, "bo")];
    const browser = await signedIn(tenant, ana.email);
    await signedIn(tenant, bo.email);
    await query("update sessions set auth_method = 'passkey' where member_id = $1", [bo.id]);
    await signedIn(tenant, (await member(tenant, "cy")).email);
    await query(
      `update sessions set auth_method = 'saml', connection_id = $2
       where tenant_id = $1 and member_id not in ($3, $4)`,
      [tenant.id, connectionId, ana.id, bo.id],
    );
    assert.equal(await demand(tenant, "everyone"), 200);
    assert.equal(await localSessions(tenant), 0);
    assert.equal(
      (await query("select from sessions where tenant_id = $1", [tenant.id])).length,
      1,
      "one by SAML stays",
    );
    assert.equal((await browser.session()).status, 401);
  });

  it("T13: takes such a session at no route, though it were there", async () => {
    const { tenant } = await ready();
    const ana = await member(tenant, "ana", { roles: ["admin"] });
    const browser = await signedIn(tenant, ana.email);
    const csrf = String((await browser.session()).body["csrfToken"]);
    const rows = await query("select * from sessions where member_id = $1", [ana.id]);
    await demand(tenant, "everyone");
    // As one that was opened in that very moment.
    await query("insert into sessions select * from jsonb_populate_record(null::sessions, $1)", [rows[0]]);
    const routes = resources.flatMap((resource) => resource.routes).filter(({ permission }) => permission !== "public");
    assert.ok(routes.length > 60);
    for (const { method, path } of routes) {
      const headers = { "x-csrf-token": csrf, "content-type": "application/json" };
      const body = method === "GET" || method === "DELETE" ? undefined : "{}";
      const seen = await browser.send(method, `/api/v1${filled(path, tenant, ana.id)}`, body, headers);
      assert.equal(seen.status, 401, `${method} ${path}: ${seen.text}`);
    }
    const form = {
      csrf,
      current: PASSWORD,
      next: "another long password",
      id: "others",
      email: ana.email,
      password: PASSWORD,
    };
    for (const [method, path] of accessRoutes) {
      const at = filled(path, tenant, ana.id);
      const seen = method === "get" ? await browser.get(at) : await browser.post(at, form);
      assert.doesNotMatch(seen.text, /ana Example|name="csrf"/, `${method} ${path} knows who this is`);
      if (seen.status === 303)
        assert.doesNotMatch(seen.location, /ended/, `${method} ${path} did what it was asked for`);
    }
    const [still] = await query("select password_hash from members where id = $1", [ana.id]);
    const [glass] = await query("select password_hash from members where tenant_id = $1 and break_glass", [tenant.id]);
    assert.deepEqual(still, glass, "the password is as it was");
  });

  it("T13: opens nothing by a password, an account or the API, and says where to go", async () => {
    const { tenant } = await ready();
    const [ana, bo] = [await member(tenant, "ana"), await member(tenant, "bo", { password: false })];
    const own = await account();
    await attach(tenant, own.id, bo.id);
    await demand(tenant, "everyone");
    for (const email of [ana.email, bo.email]) {
      const seen = await signIn(new Browser(), { tenant: tenant.slug, email });
      assert.equal(seen.status, 403);
      assert.match(seen.text, /its own identity provider/);
      const body = JSON.stringify({ email, password: PASSWORD, tenant: tenant.slug });
      const answer = await new Browser().send("POST", "/api/v1/session", body, { "content-type": "application/json" });
      assert.equal(answer.status, 403, answer.text);
    }
    const led = await signIn(new Browser(), { email: own.email });
    assert.match(led.location, new RegExp(`^/sso/start\\?tenant=${tenant.slug}`));
    assert.equal(await localSessions(tenant), 0);
  });

  it("T13: leaves nothing open of the sign-ins that come while it is switched on", async () => {
    const { tenant } = await ready();
    const people = await Promise.all(["a", "b", "c", "d"].map((local) => member(tenant, local)));
    const signing = people.map(({ email }) => signIn(new Browser(), { tenant: tenant.slug, email }));
    await demand(tenant, "everyone");
    const late = people.map(({ email }) => signIn(new Browser(), { tenant: tenant.slug, email }));
    await Promise.all([...signing, ...late]);
    assert.equal(await localSessions(tenant), 0);
  });

  it("concerns addresses of verified domains alone where it says so, and those of a domain that is verified later", async () => {
    const { tenant } = await ready();
    const later = `${newSlug()}.com`;
    const [inside, guest] = [await member(tenant, "ana"), await member(tenant, "guest", { domain: later })];
    const [first, second] = [await signedIn(tenant, inside.email), await signedIn(tenant, guest.email)];
    assert.equal(await demand(tenant, "verifiedDomains"), 200);
    assert.deepEqual([(await first.session()).status, (await second.session()).status], [401, 200]);
    assert.equal((await signIn(new Browser(), { tenant: tenant.slug, email: inside.email })).status, 403);
    assert.equal((await signIn(new Browser(), { tenant: tenant.slug, email: guest.email })).status, 303);
    await api("POST", `/tenants/${tenant.slug}/domains`, { domain: later });
    assert.equal((await api("POST", `/tenants/${tenant.slug}/domains/${later}/verify`, { force: true })).status, 200);
    assert.equal((await second.session()).status, 401);
    assert.equal(await localSessions(tenant), 0);
  });

  it("takes the two forms of a domain for one (RFC 5890 §2.3.2)", async () => {
    const { tenant } = await ready();
    const name = newSlug();
    const written = `bücher-${name}.com`;
    await api("POST", `/tenants/${tenant.slug}/domains`, { domain: written });
    const ascii = new URL(`http://${written}`).hostname;
    assert.equal((await api("POST", `/tenants/${tenant.slug}/domains/${ascii}/verify`, { force: true })).status, 200);
    const ana = await member(tenant, "ana");
    await query("update members set email = $2, email_key = $2 where id = $1", [ana.id, `ana@${written}`]);
    await signedIn(tenant, `ana@${written}`);
    await demand(tenant, "verifiedDomains");
    assert.equal(await localSessions(tenant), 0);
  });

  it("T13: makes no account of who signs up with such an address, and answers as ever", async () => {
    const { tenant } = await ready();
    const form = { password: PASSWORD, givenName: "Ana", familyName: "Berg" };
    const [inside, free] = [`new@${tenant.domain}`, `new@${newSlug()}.example`];
    const before = await new Browser().post("/sign-up", { ...form, email: inside });
    await demand(tenant, "verifiedDomains");
    const after = await new Browser().post("/sign-up", { ...form, email: inside });
    const other = await new Browser().post("/sign-up", { ...form, email: free });
    const shown = [before, after, other].map(({ text }) => text.replaceAll(inside, "").replaceAll(free, ""));
    assert.equal(new Set(shown).size, 1);
    const [row] = await query("select id from registrations where email = $1 limit 1", [inside]);
    const token = registrationToken(ways.secretKeys, String(row?.["id"]));
    const confirmed = await new Browser().post("/sign-up/confirm", { token, password: PASSWORD });
    assert.equal(confirmed.status, 403);
    assert.match(confirmed.text, /its own identity provider/);
    assert.equal((await query("select from accounts where email = $1", [inside])).length, 0);
  });

  it("leaves API keys and SCIM tokens as they are", async () => {
    const { tenant } = await ready();
    const path = `/tenants/${tenant.slug}`;
    const { key } = (await api("POST", `${path}/api-keys`, { name: "key", permissions: ["*"] })).body as {
      key: string;
    };
    const scim = (await api("POST", `${path}/scim-tokens`, { name: "token" })).body as { token: string };
    await demand(tenant, "everyone");
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    assert.equal((await new Browser().get(`/api/v1${path}/members`, bearer(key))).status, 200);
    assert.equal((await new Browser().get("/scim/v2/Users", bearer(scim.token))).status, 200);
  });

  it("shows no password among several ways", async () => {
    const { tenant } = await ready();
    await connection(tenant);
    const shown = async (): Promise<string> => (await new Browser().get(`/sso/start?tenant=${tenant.slug}`)).text;
    assert.match(await shown(), /href="\/sign-in/);
    await demand(tenant, "everyone");
    assert.doesNotMatch(await shown(), /href="\/sign-in\?/);
  });
});

describe("a break-glass member", () => {
  it("comes in by the password while single sign-on is required, adds a second factor first, and the admins hear of it", async () => {
    const { tenant, glass, admin } = await ready();
    await demand(tenant, "everyone");
    const browser = await signedIn(tenant, glass.email);
    const { body } = await browser.session();
    assert.deepEqual([body["mustAddFactor"], body["permissions"]], [true, []]);
    assert.ok((await eventsOf(tenant, glass.id)).includes("member.break_glass_used"));
    const jobs = await query("select payload from jobs where tenant_id = $1 and kind = 'mail.send'", [tenant.id]);
    const told = jobs.map(({ payload }) => payload as { memberId: string; message: string });
    assert.deepEqual(
      told.map(({ memberId, message }) => [memberId, message]),
      [[admin.id, "breakGlassUsed"]],
    );
  });

  it("takes no seat (rule 10)", async () => {
    const tenant = await place({ seatLimit: 1 });
    const glass = await member(tenant, "glass");
    await patchMember(tenant, glass.id, { breakGlass: true });
    await member(tenant, "ana");
    const { body } = await api("GET", `/tenants/${tenant.slug}/seats`);
    assert.equal((body as { used: number }).used, 1);
  });

  it("loses what it had opened when it is one no more", async () => {
    const { tenant, glass } = await ready();
    const second = await member(tenant, "second");
    await patchMember(tenant, second.id, { breakGlass: true });
    await demand(tenant, "everyone");
    const browser = await signedIn(tenant, glass.email);
    await patchMember(tenant, glass.id, { breakGlass: false });
    assert.equal((await browser.session()).status, 401);
  });
});
