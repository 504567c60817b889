/** The letters of invitations, and the job that ends those that nobody accepts. */
import assert from "node:assert/strict";
import { acceptInvitation } from "../../src/directory/invitations/accept.ts";
import { inviteMany, type InviteResult } from "../../src/directory/invitations/invite.ts";
import { invitationMail } from "../../src/directory/invitations/invitationMail.ts";
import { inviteExpiry } from "../../src/directory/invitations/inviteExpiry.ts";
import { resendInvitation, revokeInvitation } from "../../src/directory/invitations/invitations.ts";
import { createMailer } from "../../src/mail/mailer.ts";
import type { Database } from "../../src/storage/types.ts";
import { until, work } from "../events/working.ts";
import { startReceiver, type Receiver } from "../mail/smtpReceiver.ts";
import { ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newSlug, newTenant } from "../support/tenant.ts";

const PUBLIC_URL = "https://usher.example";
const operator = { type: "operator" } as const;

describe("the letter of an invitation", () => {
  let db: Database;
  let receiver: Receiver;
  before(async () => {
    db = await testDatabase();
  });
  beforeEach(async () => {
    // Others' mail of this database is not ours to send.
    await db.pool.query("delete from jobs where kind like 'mail.%' or kind = 'invitations.expire'");
    receiver = await startReceiver({});
  });
  afterEach(() => receiver.close());

  async function invited(tenantId: string, credentials = ways.secretKeys): Promise<InviteResult> {
    const who = { tenantId, actor: operator, now: new Date(), permissions: ["*"] };
    const invitations = [{ email: `ana@${newSlug()}.example`, name: { givenName: "Ana" } }];
    const { results } = await inviteMany({ db, secretKeys: credentials }, who, { invitations, sendEmail: true });
    const [result] = results;
    assert.equal(result?.status, "invited");
    return result;
  }

  /** Sends what there is; answers the letters as they were written. */
  async function sent(secretKeys: readonly Buffer[] = ways.secretKeys): Promise<string[]> {
    const smtpUrl = `smtp://127.0.0.1:${receiver.port}`;
    const send = createMailer({ smtpUrl, publicUrl: PUBLIC_URL, dataDir: "/nonexistent" });
    const { worker } = await work(invitationMail({ db, send, publicUrl: PUBLIC_URL, secretKeys }));
    await until(async () => {
      const { rows } = await db.pool.query("select from jobs where kind like 'mail.%' and state = 'pending'");
      return rows.length === 0;
    });
    await worker.stop();
    return receiver.received.map(({ source }) => source.replaceAll("=\r\n", ""));
  }

  function tokenIn(letter: string | undefined): string {
    const [, token = ""] = /https:\/\/usher\.example\/invitation#(usi_[0-9a-f]{32}_[\w-]{43})/.exec(letter ?? "") ?? [];
    assert.notEqual(token, "", letter);
    return token;
  }

  const accept = (token: string): Promise<unknown> => {
    const parts = { db, publicUrl: PUBLIC_URL, secretKeys: ways.secretKeys };
    const system = { actor: { type: "system" }, now: new Date() } as const;
    return acceptInvitation(parts, system, { token, password: "a long enough password" }, null);
  };

  it("holds a link that accepts it, and no job holds its token (S1.21, S2.4)", async () => {
    const { id } = await newTenant();
    const { email } = await invited(id);
    const jobs = await db.pool.query("select payload from jobs where tenant_id = $1", [id]);
    const letters = await sent();
    assert.equal(letters.length, 1);
    assert.deepEqual(receiver.received[0]?.to, [email]);
    assert.match(letters[0] ?? "", /you are invited/);
    const token = tokenIn(letters[0]);
    assert.ok(!JSON.stringify(jobs.rows).includes(token.slice(-43)));
    await accept(token);
  });

  it("is in the tenant's language", async () => {
    const { id } = await newTenant({ settings: { mail: { language: "de" } } });
    await invited(id);
    assert.match((await sent())[0] ?? "", /Sie sind eingeladen/);
  });

  it("holds the token that was made before the keys were rotated", async () => {
    const { id } = await newTenant();
    await invited(id);
    const [letter] = await sent([Buffer.alloc(32, 9), ...ways.secretKeys]);
    await accept(tokenIn(letter));
  });

  it("is not sent for what was sent again, revoked or accepted meanwhile", async () => {
    const { id } = await newTenant();
    const [again, revoked] = [await invited(id), await invited(id)];
    const who = { tenantId: id, actor: operator, now: new Date(), permissions: ["*"] };
    await resendInvitation({ db, secretKeys: ways.secretKeys }, who, again.memberId ?? "", undefined);
    await revokeInvitation(db, who, revoked.memberId ?? "");
    const letters = await sent();
    assert.deepEqual(
      receiver.received.map(({ to }) => to),
      [[again.email]],
    );
    await accept(tokenIn(letters[0]));
  });

  it("is followed by a job at its end, which ends it if nobody has accepted (S2.5)", async () => {
    const { id } = await newTenant({ settings: { invitations: { ttlDays: 1 } } });
    const { memberId } = await invited(id);
    const due = "select run_at - now() > interval '23 hours' as later from jobs where kind = 'invitations.expire'";
    assert.deepEqual((await db.pool.query(due)).rows, [{ later: true }]);
    await db.pool.query("update invitations set expires_at = now() - interval '1 second' where tenant_id = $1", [id]);
    await db.pool.query("update jobs set run_at = now() where kind = 'invitations.expire'");
    const { worker } = await work(inviteExpiry(db));
    await until(
      async () => (await db.pool.query("select from jobs where kind = 'invitations.expire'")).rows.length === 0,
    );
    await worker.stop();
    const text = "select state, hash from invitations where tenant_id = $1 and member_id = $2";
    assert.deepEqual((await db.pool.query(text, [id, memberId])).rows, [{ state: "expired", hash: null }]);
  });
});
