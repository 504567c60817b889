/** S43: the signing certificates of identity providers end. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { askForCertificates, lookAtCertificates } from "../../src/directory/connections/certificateWatch.ts";
import { inTenant } from "../../src/storage/scope.ts";
import { ourKey } from "../support/encryptor.ts";
import { testKey } from "../support/hostileSigner.ts";
import { samlFields } from "./idpSide.ts";
import { items, place, type Place } from "./place.ts";

const DAY = 86_400_000;
/** Ends before that of `idpSide.ts`. */
const [first, second] = [testKey("idp.crt"), ourKey.certificate].toSorted((a, b) => endOf(a) - endOf(b)) as [
  string,
  string,
];

function endOf(pem: string): number {
  return Date.parse(new X509Certificate(pem).validTo);
}

async function connected(certificates: readonly string[], enabled = true): Promise<{ here: Place; id: string }> {
  const here = await place();
  await here.add("ada@example.com", { roles: ["admin"] });
  const body = { protocol: "saml", name: "Okta", saml: { ...samlFields, certificates } };
  const made = await here.call("POST", "/connections", body);
  assert.equal(made.status, 201, made.text);
  const id = made.body.id as string;
  if (enabled)
    assert.equal((await here.call("PATCH", `/connections/${id}`, { status: "enabled", force: true })).status, 200);
  return { here, id };
}

/** Looks so many days before a certificate's end. */
function look({ here, id }: { here: Place; id: string }, pem: string, days: number): Promise<void> {
  const who = { tenantId: here.tenantId, actor: { type: "system" }, now: new Date(endOf(pem) - days * DAY) } as const;
  return inTenant(here.db, who, (scope) => lookAtCertificates(scope, id));
}

async function toldDays({ here }: { here: Place }): Promise<unknown[]> {
  const told = items(await here.call("GET", "/events?type=connection.certificate_expiring&order=asc"));
  return told.map(({ data }) => (data as { days: number }).days);
}

async function mails({ here }: { here: Place }): Promise<unknown[]> {
  const text = `select payload->'values' as values from jobs where tenant_id = $1 and kind = 'mail.send'
    and payload->>'message' = 'certificateExpiring' order by id`;
  return (await here.db.pool.query<{ values: unknown }>(text, [here.tenantId])).rows.map(({ values }) => values);
}

async function dueAt({ here, id }: { here: Place; id: string }): Promise<Date | null> {
  const text = "select certificates_due_at as due from connections where tenant_id = $1 and id = $2";
  return (await here.db.pool.query<{ due: Date | null }>(text, [here.tenantId, id])).rows[0]?.due ?? null;
}

describe("a signing certificate that ends (S43)", () => {
  it("is told of 30, 14, 7 and 1 days before, once each, by event and by mail, and looked at next at the next mark", async () => {
    const connection = await connected([first]);
    for (const days of [400, 31, 30, 29, 20, 14, 13.5, 8, 7, 6, 1, 0.5, 0, -3]) await look(connection, first, days);
    assert.deepEqual(await toldDays(connection), [30, 14, 7, 1]);
    const date = new Date(endOf(first)).toISOString().slice(0, 10);
    const values = [30, 14, 7, 1].map((days) => ({ connection: "Okta", days, date }));
    assert.deepEqual(await mails(connection), values);
    assert.equal(await dueAt(connection), null);
    await look(connection, first, 31);
    assert.deepEqual(await dueAt(connection), new Date(endOf(first) - 30 * DAY));
  });

  it("that is entered late is told of once, with the days that are left", async () => {
    const connection = await connected([first]);
    for (const days of [5, 4]) await look(connection, first, days);
    assert.deepEqual(await toldDays(connection), [5]);
  });

  it("is passed over where another follows it, and told of where the connection is not in use, by nobody", async () => {
    const [followed, draft] = [await connected([first, second]), await connected([first], false)];
    for (const connection of [followed, draft]) {
      await look(connection, first, 3);
      assert.deepEqual(await toldDays(connection), []);
    }
    assert.equal(await dueAt(draft), null);
    await look(followed, second, 14);
    assert.deepEqual(await toldDays(followed), [14]);
  });

  it("is looked at anew once the connection is enabled or its certificates change, and asked for once", async () => {
    const connection = await connected([first]);
    const { here, id } = connection;
    const jobs = async () => {
      const text = "select 1 from jobs where tenant_id = $1 and kind = 'connection.certificates'";
      return (await here.db.pool.query(text, [here.tenantId])).rows.length;
    };
    const now = new Date();
    await Promise.all([askForCertificates(here.db, now), askForCertificates(here.db, now)]);
    assert.equal(await jobs(), 1);
    await look(connection, first, 400);
    await here.call("PATCH", `/connections/${id}`, { name: "Other" });
    assert.deepEqual(await dueAt(connection), new Date(endOf(first) - 30 * DAY));
    const saml = { ...samlFields, certificates: [first, second] };
    assert.equal((await here.call("PATCH", `/connections/${id}`, { saml })).status, 200);
    assert.ok(((await dueAt(connection)) ?? new Date(0)).getTime() <= Date.now());
  });
});
