/** The sign-in log: what of a try an admin can read, and for how long. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { newId } from "../../src/base/ids.ts";
import { maskedArrival } from "../../src/directory/signIn/maskedArrival.ts";
import { sweepSignInLog } from "../../src/directory/signIn/signInRetention.ts";
import { insertSignIn } from "../../src/directory/signIn/signIns.store.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import { testDatabase } from "../support/database.ts";
import { CLIENT, hostileOp, type HostileOp } from "../support/hostileOp.ts";
import { api, Browser, place, server } from "./place.ts";

type Place = Awaited<ReturnType<typeof place>>;
type Json = Record<string, unknown>;

const providers: HostileOp[] = [];

async function connected(tenant: Place): Promise<{ op: HostileOp; id: string }> {
  const op = await hostileOp({
    claims: (claims) => ({ ...claims, email: `ana@${tenant.domain}`, email_verified: true, name: "Ana Berg" }),
  });
  providers.push(op);
  const list = `/tenants/${tenant.slug}/connections`;
  const oidc = { issuer: op.issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret };
  const { id } = (await api("POST", list, { protocol: "oidc", name: "Company", oidc })).body as { id: string };
  assert.equal((await api("PATCH", `${list}/${id}`, { status: "enabled", force: true })).status, 200);
  return { op, id };
}

async function answered({ op, id }: { op: HostileOp; id: string }, browser = new Browser()): Promise<string> {
  const { pathname, search } = await op.visit((await browser.get(`/sso/start?connection=${id}`)).location);
  return (await browser.get(pathname + search)).text;
}

async function lines(tenant: Place): Promise<Json[]> {
  return ((await api("GET", `/tenants/${tenant.slug}/sign-ins`)).body as { items: Json[] }).items;
}

describe("the sign-in log", () => {
  after(() => {
    for (const { close } of providers.splice(0)) close();
  });

  it("keeps what arrived with a sign-in, masked", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    await answered(connection);
    const [line] = await lines(tenant);
    const arrived = line?.["arrived"] as Record<string, string[]>;
    assert.deepEqual(arrived["email"], [`a…@${tenant.domain}`]);
    assert.deepEqual([arrived["name"], arrived["sub"]], [["An…"], ["su…"]]);
    assert.deepEqual([arrived["iss"], arrived["email_verified"]], [[connection.op.issuer], ["true"]]);
    assert.ok(!JSON.stringify(arrived).includes("Berg"));
  });

  it("keeps it of a person who goes nowhere too, found by the reference that they were shown", async () => {
    const tenant = await place({ settings: { signIn: { provisioning: "preProvisioned" } } });
    const page = await answered(await connected(tenant));
    const [, reference = ""] = /Reference: ([0-9a-f-]{36})/.exec(page) ?? [];
    const { status, body } = await api("GET", `/tenants/${tenant.slug}/sign-ins/${reference}`);
    assert.equal(status, 200);
    const line = body as Json;
    assert.deepEqual([line["result"], line["reason"]], ["refused", "link_mustExist"]);
    assert.deepEqual((line["arrived"] as Json)["email"], [`a…@${tenant.domain}`]);
    const other = await place();
    assert.equal((await api("GET", `/tenants/${other.slug}/sign-ins/${reference}`)).status, 404);
  });

  it("takes three hundred lines a minute of an address that sends what begins nowhere, and then 429 (RFC 6585 §4)", async () => {
    const { id } = await connected(await place());
    const base = await server("localhost");
    const send = (): Promise<number> => fetch(`${base}/sso/finish?c=${id}&h=x`).then(({ status }) => status);
    const statuses: number[] = [];
    for (let i = 0; i < 16; i++) statuses.push(...(await Promise.all(Array.from({ length: 20 }, send))));
    const [written, refused] = [403, 429].map((wanted) => statuses.filter((status) => status === wanted).length);
    assert.deepEqual([written, refused], [300, 20]);
  });

  it("has no row of the sign-ins that an address begins past three hundred a minute, which are answered 429", async () => {
    const { id } = await connected(await place());
    const base = await server("localhost");
    const begin = (): Promise<number> =>
      fetch(`${base}/sso/start?connection=${id}`, { redirect: "manual" }).then(({ status }) => status);
    const statuses: number[] = [];
    for (let i = 0; i < 16; i++) statuses.push(...(await Promise.all(Array.from({ length: 20 }, begin))));
    assert.deepEqual(
      [303, 429].map((wanted) => statuses.filter((status) => status === wanted).length),
      [300, 20],
    );
    const { pool } = await testDatabase();
    const { rows } = await pool.query("select from sign_in_attempts where connection_id = $1", [id]);
    assert.equal(rows.length, 300);
  });

  it("keeps nothing of an answer that was not believed, but why", async () => {
    const tenant = await place();
    const connection = await connected(tenant);
    const { claims } = connection.op.knobs;
    connection.op.knobs.claims = (honest) => ({ ...claims?.(honest), aud: "somebody-else" });
    await answered(connection);
    const [line] = await lines(tenant);
    assert.deepEqual([line?.["reason"], line?.["arrived"]], ["oidc_audience", null]);
  });

  it("tells of a provider that cannot be asked, and shows the person a page (O13)", async () => {
    const tenant = await place();
    const { op, id } = await connected(tenant);
    op.knobs.discoveryAnswer = (_request, response) => void response.status(500).end();
    const { status, text } = await new Browser().get(`/sso/start?connection=${id}`);
    assert.equal(status, 403);
    assert.match(text, /Reference: /);
    assert.equal((await lines(tenant))[0]?.["reason"], "oidc_discovery");
  });

  it("forgets a line when the tenant's days are over (signIn.logDays)", async () => {
    const [usual, brief] = [await place(), await place({ settings: { signIn: { logDays: 7 } } })];
    const db = await testDatabase();
    const now = new Date();
    for (const tenant of [usual, brief]) {
      for (const days of [91, 8, 1]) {
        const at = new Date(now.getTime() - days * 86_400_000);
        const record = { memberId: null, connectionId: null, reason: null, detail: `${days}`, ip: null, device: null };
        const line = { ...record, id: newId(at), method: "oidc", result: "refused" } as const;
        await onceInTenant(db, { tenantId: tenant.id }, insertSignIn(tenant.id, line, at));
      }
    }
    assert.ok((await sweepSignInLog(db, now, 2)) >= 3);
    const left = async (tenant: Place) => (await lines(tenant)).map(({ detail }) => detail);
    assert.deepEqual([await left(usual), await left(brief)], [["1", "8"], ["1"]]);
  });

  it("masks whatever arrives: of a value of six characters or more it never holds the whole", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().map((name) => `x${name}`),
          fc.array(fc.string({ minLength: 6 }), { maxLength: 5 }),
        ),
        (arrived) => {
          const masked = maskedArrival(arrived);
          assert.deepEqual(Object.keys(masked), Object.keys(arrived));
          for (const [name, values] of Object.entries(arrived)) {
            for (const [i, value] of values.entries()) assert.ok(!masked[name]?.[i]?.includes(value), value);
          }
        },
      ),
      { numRuns: 200 },
    );
    assert.deepEqual(maskedArrival({ a: ["ana", "ab@c.example", "𝒜na Berg", "… 3 more"] }), {
      a: ["…", "a…@c.example", "𝒜n…", "… 3 more"],
    });
    assert.deepEqual(maskedArrival({ groups: Array.from({ length: 12 }, () => "Sales") })["groups"]?.slice(9), [
      "Sa…",
      "… 2 more",
    ]);
  });
});
