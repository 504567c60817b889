import assert from "node:assert/strict";
import { mailAdmins, mailJobs } from "../../src/directory/tenants/adminMail.ts";
import { removeMember } from "../../src/directory/members/removeMember.ts";
import { deleteTenant } from "../../src/directory/tenants/deletedTenants.ts";
import { updateTenant } from "../../src/directory/tenants/tenants.ts";
import { createMailer } from "../../src/mail/mailer.ts";
import { inTenant, onceInTenant } from "../../src/storage/scope.ts";
import type { Database, Who } from "../../src/storage/types.ts";
import { add, until, work } from "../events/working.ts";
import type { LogLines } from "../http/logLines.ts";
import { startReceiver, type Answers, type Receiver } from "../mail/smtpReceiver.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";
import { person } from "./people.ts";

describe("mail to a tenant's admins", () => {
  let db: Database;
  let who: Who;
  let receiver: Receiver;
  before(async () => {
    db = await testDatabase();
  });
  beforeEach(async () => {
    // Others' mail of this database is not ours to send.
    await db.pool.query("delete from jobs where kind like 'mail.%'");
    const { id: tenantId } = await newTenant();
    who = { tenantId, actor: { type: "system" }, now: new Date() };
  });
  afterEach(() => receiver.close());

  const admin = (): ReturnType<typeof person> => person(who.tenantId, "admin", { granted: ["admin"] });
  const ask = (): Promise<void> =>
    inTenant(db, who, (scope) => mailAdmins(scope, { message: "seatsFull", values: { used: 5, limit: 5 } }));
  const jobs = async (): Promise<{ state: string; attempts: number; last_error: string | null }[]> =>
    (await db.pool.query("select * from jobs where tenant_id = $1 and kind like 'mail.%' order by id", [who.tenantId]))
      .rows;
  const allGone = async (): Promise<boolean> => (await jobs()).length === 0;

  /** Sends what there is to a server that answers so, until it holds. */
  async function send(answers: Answers, holds: () => boolean | Promise<boolean>): Promise<LogLines> {
    receiver = await startReceiver(answers);
    const smtpUrl = `smtp://127.0.0.1:${receiver.port}`;
    const mailer = createMailer({ smtpUrl, publicUrl: "https://usher.example.com", dataDir: "/nonexistent" });
    const { worker, ...log } = await work(mailJobs(db, mailer));
    await until(holds);
    await worker.stop();
    return log;
  }

  it("arrives at each of them, with the tenant's name", async () => {
    const [ana, ben] = [await admin(), await admin()];
    await person(who.tenantId);
    await ask();
    await send({}, allGone);
    const addresses = new Set(receiver.received.flatMap(({ to }) => to));
    assert.equal(receiver.received.length, 2);
    assert.deepEqual(addresses, new Set([ana.email, ben.email]));
    assert.match(receiver.received[0]?.source ?? "", /^Subject: Tenant case-[^]*all seats are in use/m);
  });

  it("is asked for by a job where members are not known", async () => {
    await admin();
    await add(who, {
      kind: "mail.admins",
      payload: { message: "webhookDisabled", values: { url: "https://h.example" } },
    });
    await send({}, async () => receiver.received.length > 0 && (await allGone()));
    assert.match(receiver.received[0]?.source ?? "", /webhook/);
  });

  it("is in the language that the directory says they prefer (RFC 7643 §4.1.1), else in the tenant's", async () => {
    const [prefers, locale, neither] = [await admin(), await admin(), await admin()];
    const say = (id: string, scim: object): Promise<unknown> =>
      db.pool.query("update members set scim = scim || $2::jsonb where id = $1", [id, JSON.stringify(scim)]);
    await say(prefers.id, { preferredLanguage: "en-GB", locale: "de-DE" });
    await say(locale.id, { locale: "de-DE" });
    await updateTenant(db, who, { settings: { mail: { language: "de" } } });
    await ask();
    await send({}, allGone);
    const inGerman = (email: string | null): boolean =>
      /Guten Tag/.test(receiver.received.find(({ to }) => to[0] === email)?.source ?? "");
    assert.deepEqual(
      [prefers, locale, neither].map(({ email }) => inGerman(email)),
      [false, true, true],
    );
  });

  it("is not sent inside a transaction: whoever answers slowly holds nobody up", async () => {
    await admin();
    await ask();
    let read: unknown;
    const data = async (): Promise<undefined> => {
      // On the embedded database there is one connection: this would never come were a transaction open.
      [[read]] = await onceInTenant(db, who, { text: "select 1 as one", values: [] });
      return undefined;
    };
    await send({ data }, allGone);
    assert.deepEqual(read, { one: 1 });
  });

  it("is tried again after a 4yz answer, as the same message", async () => {
    await admin();
    await ask();
    let tries = 0;
    await send({ data: () => (++tries < 3 ? 451 : undefined) }, allGone);
    assert.equal(tries, 3);
    assert.equal(receiver.received.length, 1);
    const [, id = ""] = /^Message-ID:\s+(\S+)\r$/m.exec(receiver.received[0]?.source ?? "") ?? [];
    assert.match(id, /^<job-\d+\.[0-9a-f-]+@usher\.example\.com>$/);
  });

  it("is parked at once after a 5yz answer, with what the server said", async () => {
    await admin();
    await ask();
    let tries = 0;
    const recipient = (): number => (tries++, 550);
    const { lines } = await send({ recipient }, async () => (await jobs())[0]?.state === "dead");
    assert.equal(tries, 1);
    assert.match((await jobs())[0]?.last_error ?? "", /^Hopeless: .*550/);
    assert.equal(lines.at(-1)?.["msg"], "job parked");
  });

  it("is tried again where the server cannot be reached", async () => {
    await admin();
    await ask();
    receiver = await startReceiver();
    const { port } = receiver;
    await receiver.close();
    const mailer = createMailer({
      smtpUrl: `smtp://127.0.0.1:${port}`,
      publicUrl: "https://usher.example.com",
      dataDir: "/nonexistent",
    });
    const { worker } = await work(mailJobs(db, mailer), { retry: { most: 1_000, delay: () => 0 } });
    await until(async () => ((await jobs())[0]?.attempts ?? 0) >= 2);
    await worker.stop();
    assert.match((await jobs())[0]?.last_error ?? "", /ECONNREFUSED/);
    assert.equal((await jobs())[0]?.state, "pending");
  });

  it("is not sent to who is no admin any more, or gone, or whose tenant is gone", async () => {
    const [demoted, gone] = [await admin(), await admin()];
    await ask();
    await db.pool.query("update members set administers = false where id = $1", [demoted.id]);
    await db.pool.query("delete from members where id = $1", [gone.id]);
    await send({}, allGone);
    assert.deepEqual(receiver.received, []);
    await receiver.close();
    await admin();
    await ask();
    await deleteTenant(db, who);
    await send({}, allGone);
    assert.deepEqual(receiver.received, []);
  });

  describe("where the directory took the last one away", () => {
    const away = { door: "scim", act: "person", loss: "directory" } as const;
    /** The last admin is removed, and what follows is done; answers who was written to. */
    async function adminless(
      last: { id: string },
      meanwhile = async (): Promise<unknown> => undefined,
    ): Promise<string[]> {
      await removeMember(db, who, last.id, away);
      await add(who, { kind: "mail.stand-ins" });
      await meanwhile();
      await send({}, allGone);
      return receiver.received.flatMap(({ to }) => to);
    }

    it("goes to those who are meant to administer and are not suspended, and to nobody else", async () => {
      const last = await admin();
      const invited = await person(who.tenantId, "invitation", { granted: ["admin"], joinedAt: null });
      const glass = await person(who.tenantId, "admin", { granted: ["admin"], breakGlass: true });
      await person(who.tenantId, "admin", { granted: ["admin"], hold: true });
      await person(who.tenantId, "invitation", { granted: ["admin"], joinedAt: null, invitationLapsed: true });
      await person(who.tenantId);
      assert.deepEqual(new Set(await adminless(last)), new Set([invited.email, glass.email]));
      assert.match(receiver.received[0]?.source ?? "", /^Subject: .*nobody is an administrator any\s+more/m);
      assert.match(receiver.received[0]?.source ?? "", /are meant to administer/);
    });

    it("reaches nobody where there is nobody", async () => {
      const last = await admin();
      await person(who.tenantId);
      assert.deepEqual(await adminless(last), []);
    });

    it("is not sent once somebody administers again", async () => {
      const last = await admin();
      await person(who.tenantId, "invitation", { granted: ["admin"], joinedAt: null });
      assert.deepEqual(await adminless(last, admin), []);
    });
  });

  it("is parked where the address is none, and reaches nobody whom it names besides", async () => {
    const { id } = await admin();
    await ask();
    await db.pool.query("update members set email = 'a@example.com, thief@example.com' where id = $1", [id]);
    await send({}, async () => (await jobs())[0]?.state === "dead");
    assert.deepEqual(receiver.received, []);
    assert.doesNotMatch((await jobs())[0]?.last_error ?? "", /@/);
  });

  it("takes no header from a tenant's name", async () => {
    await admin();
    await ask();
    await db.pool.query("update tenants set name = $2 where id = $1", [who.tenantId, "Acme\r\nBcc: thief@example.com"]);
    await send({}, allGone);
    assert.doesNotMatch(receiver.received[0]?.source ?? "", /^Bcc:/im);
    assert.equal(receiver.received[0]?.to.length, 1);
  });
});
