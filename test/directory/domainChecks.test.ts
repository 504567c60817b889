import assert from "node:assert/strict";
import { askForChecks, checkDomain, domainChecks } from "../../src/directory/domains/domainChecks.ts";
import { createDomain, removeDomain, verifyDomain } from "../../src/directory/domains/domains.ts";
import type { Domain } from "../../src/directory/domains/domains.store.ts";
import { connectionsForDomain } from "../../src/directory/connections/connectionsForSignIn.ts";
import { deleteTenant } from "../../src/directory/tenants/deletedTenants.ts";
import type { LookUpTxt, TxtAnswer } from "../../src/http/dns.ts";
import type { Database, Who } from "../../src/storage/types.ts";
import { until, workUntil } from "../events/working.ts";
import { testDatabase } from "../support/database.ts";
import { newSlug, newTenant } from "../support/tenant.ts";
import { eventTypes, person } from "./people.ts";

const DAY = 86_400_000;
const START = new Date("2026-03-01T00:00:00Z");
const gone: TxtAnswer = { kind: "noName" };

describe("the daily look at a verified domain", () => {
  let db: Database;
  before(async () => {
    db = await testDatabase();
  });

  interface World {
    readonly tenantId: string;
    readonly domain: string;
    readonly value: string;
    /** The look of so many days after the verification. */
    readonly look: (day: number, answer: TxtAnswer) => Promise<Domain>;
    readonly mails: () => Promise<{ message: string; days?: number }[]>;
  }

  const at = (day: number): Date => new Date(START.getTime() + day * DAY);
  const as = (tenantId: string, now: Date): Who => ({ tenantId, actor: { type: "system" }, now });
  const always =
    (answer: TxtAnswer): LookUpTxt =>
    () =>
      Promise.resolve(answer);
  const holds = (value: string): TxtAnswer => ({ kind: "records", values: [value] });

  async function stored(tenantId: string): Promise<Domain> {
    const { rows } = await db.pool.query(
      `select status, failed_days as "failedDays", check_fault as "checkFault", next_check_at as "nextCheckAt"
       from domains where tenant_id = $1`,
      [tenantId],
    );
    return rows[0] as Domain;
  }

  /** A tenant with an admin that proved a domain at the start. */
  async function world(domain = `${newSlug()}.example`): Promise<World> {
    const { id: tenantId } = await newTenant();
    await person(tenantId, "admin", { granted: ["admin"] });
    const { txtValue: value } = await createDomain(db, as(tenantId, START), domain);
    await verifyDomain(db, as(tenantId, START), domain, always(holds(value)));
    return {
      tenantId,
      domain,
      value,
      look: async (day, answer) => {
        await checkDomain(db, always(answer), as(tenantId, at(day)), domain, at(day));
        return stored(tenantId);
      },
      mails: async () => {
        const sql = "select payload from jobs where tenant_id = $1 and kind = 'mail.send' order by id";
        const { rows } = await db.pool.query(sql, [tenantId]);
        return (rows as { payload: { message: string; values: { days?: number } } }[]).map(
          ({ payload: { message, values } }) => ({ message, ...(values.days !== undefined && { days: values.days }) }),
        );
      },
    };
  }

  const told = async (tenantId: string): Promise<string[]> =>
    (await eventTypes(tenantId)).filter((type) => type.startsWith("domain.")).slice(2);

  it("says nothing while the record is there", async () => {
    const { tenantId, value, look, mails } = await world();
    const after = await look(1, { kind: "records", values: ["other", value] });
    assert.deepEqual([after.status, after.failedDays, after.checkFault], ["verified", 0, null]);
    assert.deepEqual([await told(tenantId), await mails()], [[], []]);
  });

  it("lets the domain lapse after seven days without it, and is never silent about it (T03)", async () => {
    const { tenantId, domain, look, mails } = await world();
    for (let day = 1; day <= 6; day++) assert.equal((await look(day, gone)).status, "verified");
    assert.equal((await connectionsForDomain(db, domain))?.tenantId, tenantId);
    const after = await look(7, gone);
    assert.deepEqual([after.status, after.failedDays, after.checkFault], ["lapsed", 7, "noName"]);
    assert.equal(await connectionsForDomain(db, domain), undefined);
    assert.deepEqual(await told(tenantId), ["domain.failing", "domain.lapsed"]);
    assert.deepEqual(await mails(), [
      { message: "domainFailing", days: 6 },
      { message: "domainFailing", days: 1 },
      { message: "domainLapsed" },
    ]);
  });

  it("removes nobody when it lapses (rule 30)", async () => {
    const { tenantId, look } = await world();
    await person(tenantId, "domain");
    for (let day = 1; day <= 8; day++) await look(day, gone);
    const { rows } = await db.pool.query("select status from members where tenant_id = $1", [tenantId]);
    assert.deepEqual(rows, [{ status: "active" }, { status: "active" }]);
  });

  it("begins anew once the record was there on one of the days", async () => {
    const { tenantId, value, look } = await world();
    for (let day = 1; day <= 6; day++) await look(day, gone);
    await look(7, holds(value));
    for (let day = 8; day <= 13; day++)
      assert.equal((await look(day, { kind: "records", values: [] })).status, "verified");
    assert.deepEqual(await told(tenantId), ["domain.failing", "domain.restored", "domain.failing"]);
  });

  it("gives a lapsed domain back when the record is there again", async () => {
    const { tenantId, domain, value, look, mails } = await world();
    for (let day = 1; day <= 7; day++) await look(day, holds("of somebody else"));
    assert.equal((await look(8, gone)).status, "lapsed");
    const after = await look(9, holds(value));
    assert.deepEqual([after.status, after.failedDays], ["verified", 0]);
    assert.equal((await connectionsForDomain(db, domain))?.tenantId, tenantId);
    assert.equal((await mails()).at(-1)?.message, "domainRestored");
  });

  it("leaves a lapsed domain to who has verified it meanwhile, record or not (T03)", async () => {
    const { domain, value, look } = await world();
    for (let day = 1; day <= 7; day++) await look(day, gone);
    const { tenantId: heir } = await world(domain);
    const after = await look(8, holds(value));
    assert.deepEqual([after.status, after.checkFault], ["lapsed", "taken"]);
    assert.equal((await connectionsForDomain(db, domain))?.tenantId, heir);
  });

  for (const kind of ["broken", "timeout"] as const) {
    it(`counts no day and looks again in an hour where there is no answer (${kind})`, async () => {
      const { tenantId, look } = await world();
      for (let day = 1; day <= 10; day++) await look(day, { kind });
      const after = await stored(tenantId);
      assert.deepEqual([after.status, after.failedDays], ["verified", 0]);
      const next = (after as Domain & { nextCheckAt: Date }).nextCheckAt;
      assert.equal(next.getTime(), at(10).getTime() + DAY / 24);
      assert.deepEqual(await told(tenantId), []);
    });
  }

  it("counts one day for one time that it was due, however often its job is done", async () => {
    const { look } = await world();
    await Promise.all([look(1, gone), look(1, gone), look(1, gone)]);
    assert.equal((await look(1, gone)).failedDays, 1);
  });

  it("passes over a claim that was given up, and one on the operator's word", async () => {
    const { tenantId, domain, look } = await world();
    await removeDomain(db, as(tenantId, at(0)), domain);
    await createDomain(db, as(tenantId, at(0)), domain);
    assert.equal((await look(1, gone)).status, "pending");
    await verifyDomain(db, as(tenantId, at(1)), domain, "operator");
    const after = await look(2, gone);
    assert.deepEqual([after.status, after.failedDays], ["verified", 0]);
  });

  it("is asked for when a day has gone by, by one process of several, and not for deleted tenants", async () => {
    const [mine, buried] = [await world(), await world()];
    await deleteTenant(db, as(buried.tenantId, at(0)));
    const jobs = async (): Promise<unknown[]> => {
      const sql = `select tenant_id as "tenantId", payload->>'domain' as domain from jobs
        where kind = 'domain.check' and tenant_id = any ($1)`;
      return (await db.pool.query(sql, [[mine.tenantId, buried.tenantId]])).rows;
    };
    await askForChecks(db, new Date(at(1).getTime() - 1));
    assert.deepEqual(await jobs(), []);
    await Promise.all([askForChecks(db, at(1), 3), askForChecks(db, at(1), 3)]);
    assert.deepEqual(await jobs(), [{ tenantId: mine.tenantId, domain: mine.domain }]);
    await askForChecks(db, at(1));
    assert.equal((await jobs()).length, 1);
    await db.pool.query("delete from jobs where kind = 'domain.check'");
  });

  it("is done by a worker", async () => {
    const { tenantId, domain } = await world();
    await askForChecks(db, new Date());
    await db.pool.query("delete from jobs where kind = 'domain.check' and tenant_id <> $1", [tenantId]);
    await workUntil(domainChecks(db, always(gone)), async () => (await stored(tenantId)).failedDays === 1);
    await until(async () => (await eventTypes(tenantId)).includes("domain.failing"));
    assert.equal((await connectionsForDomain(db, domain))?.tenantId, tenantId);
  });
});
