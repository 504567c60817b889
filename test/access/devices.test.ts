/** Sessions: how long they live, where their owner is signed in, and who ends them. */
import assert from "node:assert/strict";
import { deviceName } from "../../src/directory/signIn/deviceName.ts";
import { sessionOf } from "../../src/directory/signIn/sessions.ts";
import { testDatabase } from "../support/database.ts";
import { calls, eventsOf, member, PASSWORD, type Place, signedIn, signIn } from "./people.ts";
import { api, Browser, place } from "./place.ts";

const MINUTE = 60_000;
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

interface Shown {
  readonly id: string;
  readonly device: string | null;
  readonly current: boolean;
}

async function devices(browser: Browser, path = "/session/devices"): Promise<Shown[]> {
  const seen = await browser.get(`/api/v1${path}`);
  assert.equal(seen.status, 200, seen.text);
  return (JSON.parse(seen.text) as { items: Shown[] }).items;
}

async function someone(roles = ["member"]): Promise<{ tenant: Place; id: string; email: string }> {
  const tenant = await place();
  return { tenant, ...(await member(tenant, "ana", { roles })) };
}

beforeEach(async () => {
  await (await testDatabase()).pool.query("delete from attempt_limits");
});

describe("a session", () => {
  const cookieOf = (browser: Browser): string => browser.cookies.get("usher") ?? "";
  const isLiving = async (cookie: string, at: number): Promise<boolean> =>
    (await sessionOf(await testDatabase(), cookie, new Date(at))) !== undefined;

  it("T17: has another id after each sign-in, and that which the browser had before opens nothing", async () => {
    const { tenant, email } = await someone();
    const browser = await signedIn(tenant, email);
    const old = new Browser();
    old.cookies.set("usher", cookieOf(browser));
    assert.equal((await old.session()).status, 200);
    assert.equal((await signIn(browser, { tenant: tenant.slug, email })).status, 303);
    assert.notEqual(cookieOf(browser), cookieOf(old));
    assert.deepEqual([(await browser.session()).status, (await old.session()).status], [200, 401]);
  });

  it("T17: opens nothing once its browser has signed in by the API, and goes on where that failed", async () => {
    const { tenant, email } = await someone();
    const browser = await signedIn(tenant, email);
    const old = new Browser();
    old.cookies.set("usher", cookieOf(browser));
    const byApi = async (password: string): Promise<number> => {
      const body = JSON.stringify({ email, password, tenant: tenant.slug });
      return (await browser.send("POST", "/api/v1/session", body, { "content-type": "application/json" })).status;
    };
    assert.equal(await byApi("a wrong password"), 401);
    assert.equal((await old.session()).status, 200);
    assert.equal(await byApi(PASSWORD), 201);
    assert.deepEqual([(await browser.session()).status, (await old.session()).status], [200, 401]);
  });

  it("T17: ends in the tenant that is left by signing in to another", async () => {
    const [here, there] = [await someone(), await someone()];
    const browser = await signedIn(here.tenant, here.email);
    const old = new Browser();
    old.cookies.set("usher", cookieOf(browser));
    await signIn(browser, { tenant: there.tenant.slug, email: there.email });
    assert.deepEqual([(await browser.session()).status, (await old.session()).status], [200, 401]);
  });

  it("T17: is none that a browser made up before it signed in", async () => {
    const { tenant, email } = await someone();
    const browser = new Browser();
    const fixed = `${tenant.id}.${"x".repeat(43)}`;
    browser.cookies.set("usher", fixed);
    assert.equal((await signIn(browser, { tenant: tenant.slug, email })).status, 303);
    assert.notEqual(cookieOf(browser), fixed);
    const attacker = new Browser();
    attacker.cookies.set("usher", fixed);
    assert.equal((await attacker.session()).status, 401);
  });

  it("T17: ends by idleness and at its absolute limit, as the tenant says", async () => {
    const { tenant, email } = await someone();
    const settings = { signIn: { sessionHours: 3, idleMinutes: 60 } };
    assert.equal((await api("PATCH", `/tenants/${tenant.slug}`, { settings })).status, 200);
    const start = Date.now();
    const [idle, used] = [cookieOf(await signedIn(tenant, email)), cookieOf(await signedIn(tenant, email))];
    assert.equal(await isLiving(idle, start + 59 * MINUTE), true);
    assert.equal(await isLiving(idle, start + 118 * MINUTE), true, "the use an hour ago counts");
    assert.equal(await isLiving(idle, start + 179 * MINUTE), false, "idle for an hour");
    for (const minutes of [50, 100, 150, 179]) assert.equal(await isLiving(used, start + minutes * MINUTE), true);
    assert.equal(await isLiving(used, start + 181 * MINUTE), false, "used to the end, and over");
  });

  it("is swept once it is over", async () => {
    const { tenant, email } = await someone();
    await signedIn(tenant, email);
    const { pool } = await testDatabase();
    await pool.query("update sessions set expires_at = now() - interval '1 hour' where tenant_id = $1", [tenant.id]);
    await signedIn(tenant, email);
    const { rows } = await pool.query("select expires_at > now() as living from sessions where tenant_id = $1", [
      tenant.id,
    ]);
    assert.deepEqual(rows, [{ living: true }]);
  });
});

describe("one's own devices", () => {
  it("are named as people know them, the one that asks among them", async () => {
    const { tenant, email } = await someone();
    await signedIn(tenant, email);
    const browser = new Browser();
    const form = new URLSearchParams({ tenant: tenant.slug, email, password: PASSWORD, return_to: "/" });
    assert.equal((await browser.send("POST", "/sign-in", form, { "user-agent": FIREFOX })).status, 303);
    const shown = await devices(browser);
    assert.deepEqual(
      shown.map(({ device, current }) => [device, current]),
      [
        [null, false],
        ["Firefox, Linux", true],
      ],
    );
  });

  it("are ended one by one, or all others at once, and told as sign-outs (T17)", async () => {
    const { tenant, email, id } = await someone();
    const [mine, lost, older] = [
      await signedIn(tenant, email),
      await signedIn(tenant, email),
      await signedIn(tenant, email),
    ];
    const [, second] = await devices(mine);
    assert.equal((await calls(mine, "DELETE", `/session/devices/${second?.id}`)).status, 204);
    assert.deepEqual([(await lost.session()).status, (await older.session()).status], [401, 200]);
    assert.equal((await calls(mine, "DELETE", `/session/devices/${second?.id}`)).status, 404);
    const all = await calls(mine, "DELETE", "/session/devices");
    assert.deepEqual([all.status, JSON.parse(all.text)], [200, { ended: 1 }]);
    assert.deepEqual([(await older.session()).status, (await mine.session()).status], [401, 200]);
    assert.equal((await eventsOf(tenant, id)).filter((type) => type === "member.signed_out").length, 2);
  });

  it("T01: are nobody else's: a colleague's session is not found, nor one of another tenant", async () => {
    const { tenant, email } = await someone();
    const [mine, colleague, far] = [await signedIn(tenant, email), await member(tenant, "bo"), await someone()];
    for (const other of [await signedIn(tenant, colleague.email), await signedIn(far.tenant, far.email)]) {
      const [theirs] = await devices(other);
      assert.equal((await calls(mine, "DELETE", `/session/devices/${theirs?.id}`)).status, 404);
      assert.equal((await other.session()).status, 200);
    }
  });

  it("are not ended from another site, nor before a password that somebody else chose is changed", async () => {
    const { tenant, email, id } = await someone();
    const mine = await signedIn(tenant, email);
    assert.equal((await mine.send("DELETE", "/api/v1/session/devices")).status, 403);
    assert.equal((await mine.post("/devices", { csrf: "made up", id: "others" })).status, 403);
    await (
      await testDatabase()
    ).pool.query("update sessions set must_change_password = true where member_id = $1", [id]);
    assert.equal((await calls(mine, "DELETE", "/session/devices")).status, 403);
    assert.equal((await mine.get("/devices")).location, "/");
  });

  it("have a page without a script", async () => {
    const { tenant, email } = await someone();
    const [mine, other] = [await signedIn(tenant, email), await signedIn(tenant, email)];
    assert.match((await mine.get("/")).text, /href="\/devices"/);
    const german = await mine.get("/devices", { "accept-language": "de" });
    assert.match(german.text, /Ihre Geräte[^]*dieses Gerät/);
    const csrf = String((await mine.session()).body["csrfToken"]);
    assert.equal((await mine.post("/devices", { csrf, id: "none" })).status, 303);
    assert.equal((await other.session()).status, 200);
    const [, theirs] = await devices(mine);
    assert.equal((await mine.post("/devices", { csrf, id: theirs?.id ?? "" })).location, "/devices?ended=1");
    assert.equal((await other.session()).status, 401);
    await signedIn(tenant, email);
    await mine.post("/devices", { csrf, id: "others" });
    assert.equal((await devices(mine)).length, 1);
    assert.match((await mine.get("/devices?ended=1")).text, /role="status"/);
    assert.match((await new Browser().get("/devices")).location, /^\/sso\/start\?return_to=/);
  });
});

describe("a member's sessions", () => {
  it("are seen and ended by who may edit members, and by nobody who may not", async () => {
    const { tenant, email, id } = await someone(["admin"]);
    const bo = await member(tenant, "bo");
    const [admin, other] = [await signedIn(tenant, email), await signedIn(tenant, bo.email)];
    const path = `/tenants/${tenant.slug}/members/${bo.id}/sessions`;
    const [session] = await devices(admin, path);
    assert.equal(session?.current, false);
    assert.equal((await calls(other, "DELETE", `/tenants/${tenant.slug}/members/${id}/sessions`)).status, 403);
    assert.equal((await other.get(`/api/v1${path}`)).status, 403);
    assert.equal((await calls(admin, "DELETE", `${path}/${session?.id}`)).status, 204);
    assert.equal((await other.session()).status, 401);
    await signedIn(tenant, bo.email);
    assert.match((await calls(admin, "DELETE", path)).text, /"ended":1/);
    assert.equal((await devices(admin, path)).length, 0);
    assert.match((await calls(admin, "DELETE", `/tenants/${tenant.slug}/members/${id}/sessions`)).text, /"ended":0/);
    assert.equal((await admin.session()).status, 200, "an admin does not lock themselves out");
  });

  it("T01: are not found under another member, nor in another tenant", async () => {
    const { tenant, email } = await someone(["admin"]);
    const [bo, far] = [await member(tenant, "bo"), await someone()];
    const [admin, other, away] = [
      await signedIn(tenant, email),
      await signedIn(tenant, bo.email),
      await signedIn(far.tenant, far.email),
    ];
    const [[session], [foreign]] = [await devices(other), await devices(away)];
    const at = (memberId: string, each: string | undefined) =>
      `/tenants/${tenant.slug}/members/${memberId}/sessions/${each}`;
    const cy = await member(tenant, "cy");
    assert.equal((await calls(admin, "DELETE", at(cy.id, session?.id))).status, 404);
    assert.equal((await calls(admin, "DELETE", at(far.id, foreign?.id))).status, 404);
    assert.equal((await calls(admin, "DELETE", at(bo.id, foreign?.id))).status, 404);
    assert.equal((await admin.get(`/api/v1/tenants/${tenant.slug}/members/${far.id}/sessions`)).status, 404);
    assert.deepEqual([(await other.session()).status, (await away.session()).status], [200, 200]);
  });
});

describe("the name of a device", () => {
  const known: readonly (readonly [header: string | null, name: string | null])[] = [
    [FIREFOX, "Firefox, Linux"],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
      "Safari, iOS",
    ],
    [
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
      "Chrome, Windows",
    ],
    ["node", null],
    ["   ", null],
    ["x".repeat(100_000), null],
    [null, null],
  ];
  for (const [header, name] of known) {
    it(`is ${name} of ${header?.slice(0, 40)}`, () => assert.equal(deviceName(header), name));
  }
});
