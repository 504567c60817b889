/** Whatever is done to invitations, one after the other or at once: the seats add up (rules 1, 4, 5 and 9). */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { isRefusal } from "../../src/base/errors.ts";
import { acceptInvitation } from "../../src/directory/invitations/accept.ts";
import { inviteMany } from "../../src/directory/invitations/invite.ts";
import { inviteExpiry } from "../../src/directory/invitations/inviteExpiry.ts";
import { resendInvitation, revokeInvitation } from "../../src/directory/invitations/invitations.ts";
import { dropMember, editMember } from "../../src/directory/members/adminMembers.ts";
import { defaultSettings } from "../../src/directory/tenants/tenantSettings.ts";
import { inTenant } from "../../src/storage/scope.ts";
import type { Database } from "../../src/storage/types.ts";
import { ways } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";

const PASSWORD = "a long enough password";
const acts = [
  "invite",
  "invite",
  "accept",
  "accept",
  "revoke",
  "resend",
  "expire",
  "hold",
  "release",
  "remove",
] as const;
type Act = { readonly act: (typeof acts)[number]; readonly at: number };

/** Somebody who was invited, and the latest token. */
interface Guest {
  readonly id: string;
  token: string | null;
}

class World {
  readonly db: Database;
  readonly tenantId: string;
  readonly guests: Guest[] = [];
  made = 0;

  constructor(db: Database, tenantId: string) {
    this.db = db;
    this.tenantId = tenantId;
  }

  get parts() {
    return { db: this.db, secretKeys: ways.secretKeys, publicUrl: "https://usher.example" };
  }

  get who() {
    return { tenantId: this.tenantId, actor: { type: "operator" }, now: new Date(), permissions: ["*"] } as const;
  }

  /** Does it; what is refused is refused. */
  async do({ act, at }: Act): Promise<void> {
    try {
      await this.#done(act, this.guests[at % Math.max(1, this.guests.length)], at);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }

  async #done(act: Act["act"], guest: Guest | undefined, at: number): Promise<void> {
    const { parts, who } = this;
    if (act === "invite") return this.#invite(at);
    if (act === "expire") return this.#expire();
    if (!guest) return;
    if (act === "accept" && guest.token !== null) {
      const system = { actor: { type: "system" }, now: new Date() } as const;
      await acceptInvitation(parts, system, { token: guest.token, password: PASSWORD }, null);
    }
    if (act === "revoke") await revokeInvitation(parts.db, who, guest.id);
    if (act === "resend") guest.token = (await resendInvitation(parts, who, guest.id, false)).token;
    if (act === "remove") await dropMember(parts.db, who, guest.id);
    if (act === "hold" || act === "release") {
      await editMember(parts.db, who, guest.id, { hold: act === "hold" }, defaultSettings);
    }
  }

  async #invite(at: number): Promise<void> {
    this.made += 1;
    const roles = [["member"], ["viewer"], undefined][at % 3];
    const invitations = [{ email: `guest${this.made}@acme.example`, roles }];
    const { results } = await inviteMany(this.parts, this.who, { invitations, sendEmail: false });
    for (const { memberId, token } of results) if (memberId !== null) this.guests.push({ id: memberId, token });
  }

  async #expire(): Promise<void> {
    const handler = inviteExpiry(this.db)["invitations.expire"];
    assert.ok(handler && "within" in handler);
    const now = new Date(Date.now() + 8 * 86_400_000);
    const job = { id: 1, tenantId: this.tenantId, kind: "", key: null, payload: {}, attempts: 1, createdAt: now };
    const who = { tenantId: this.tenantId, actor: { type: "system" }, now } as const;
    await inTenant(this.db, who, (scope) => handler.within(scope, job));
  }

  /** What must hold after each. */
  async check(): Promise<void> {
    const { rows } = await this.db.pool.query(
      `select s.seat_limit as "limit", s.used,
         count(m.id) filter (where m.seat = 'held') as held,
         count(m.id) filter (where m.seat = 'waiting' and m.status <> 'suspended') as waiting,
         count(m.id) filter (where m.seat <> 'none' and m.invitation_lapsed) as lapsed,
         count(m.id) filter (where m.joined_at is not null and i.state = 'pending') as open
       from tenant_seats s left join members m on m.tenant_id = s.tenant_id
         left join invitations i on i.tenant_id = m.tenant_id and i.member_id = m.id
       where s.tenant_id = $1 group by 1, 2`,
      [this.tenantId],
    );
    const { limit, used, held, waiting, lapsed, open } = rows[0] as Record<string, number>;
    assert.equal(Number(held), used, "the counter equals the rows");
    assert.ok(Number(used) <= Number(limit), "and never exceeds the limit");
    assert.ok(Number(waiting) === 0 || Number(used) === Number(limit), "nobody waits beside a free seat");
    assert.equal(Number(lapsed), 0, "what has ended holds no seat and no place");
    assert.equal(Number(open), 0, "and who has joined by it has accepted");
  }
}

const act: fc.Arbitrary<Act> = fc.record({ act: fc.constantFrom(...acts), at: fc.nat(5) });
const policy = fc.record({
  countedStatuses: fc.constantFrom(
    ["active"] as const,
    ["invited", "active"] as const,
    ["invited", "active", "suspended"] as const,
  ),
  autoAssign: fc.boolean(),
  whenFull: fc.constantFrom("refuse", "downgrade", "waitlist").map((invitation) => ({ invitation, admin: invitation })),
});

describe("the seats of invitations, whatever happens to them (rule 9)", () => {
  const runs = { numRuns: 12, endOnFailure: true };

  async function world(seats: object): Promise<World> {
    const db = await testDatabase();
    return new World(db, (await newTenant({ seatLimit: 2, settings: { seats } })).id);
  }

  beforeEach(async () => {
    await (await testDatabase()).pool.query("delete from attempt_limits");
  });

  it("add up after each step", async () => {
    await fc.assert(
      fc.asyncProperty(policy, fc.array(act, { minLength: 4, maxLength: 10 }), async (seats, steps) => {
        const each = await world(seats);
        for (const step of steps) {
          await each.do(step);
          await each.check();
        }
      }),
      runs,
    );
  });

  it("add up after several at once", async () => {
    await fc.assert(
      fc.asyncProperty(policy, fc.array(act, { minLength: 4, maxLength: 8 }), async (seats, steps) => {
        const each = await world(seats);
        for (let i = 0; i < 3; i++) await each.do({ act: "invite", at: i });
        await Promise.all(steps.map((step) => each.do(step)));
        await each.check();
      }),
      runs,
    );
  });
});
