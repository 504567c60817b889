/** A tenant with applications whose permissions are declared, for cases about roles and what is given by hand. */
import assert from "node:assert/strict";
import { roleReplacement } from "../../src/directory/roles/rolesInUse.ts";
import { roleSeats } from "../../src/directory/roles/rolesEffects.ts";
import { memberSessionOf } from "../../src/directory/signIn/memberSession.ts";
import { openSession } from "../../src/directory/signIn/sessions.ts";
import type { Claimed, Payload } from "../../src/events/jobs.ts";
import { inTenant } from "../../src/storage/scope.ts";
import { api, type ApiReply } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { place, type Place } from "../admin/place.ts";

/** What an application brings; several cases share it, for areas belong to the whole server. */
const applications = {
  conversations: { name: "Conversations", actions: ["view", "create", "edit", "delete", "manage"], scoped: false },
  analytics: { name: "Analytics", actions: ["view", "export"], scoped: false },
  recordings: { name: "Recordings", actions: ["view"], scoped: false },
  crm: { name: "CRM", actions: ["view", "edit"], scoped: false },
  agents: { name: "Agents", actions: ["view", "edit", "manage"], scoped: true },
};

/** Declares areas beside those that are declared already. */
export async function declare(areas: object = applications): Promise<void> {
  const operator = api(await testDatabase());
  const { body } = await operator.get("/permission-areas");
  const reply = await operator.put("/permission-areas", { ...body, ...areas });
  assert.equal(reply.status, 200, reply.text);
}

let declared: Promise<void> | undefined;

/** A fresh tenant; unlimited unless said otherwise. */
export async function roleWorld(options: Parameters<typeof place>[0] = {}) {
  await (declared ??= declare());
  const here = await place(options);
  const call = async (...[method, path, body]: Parameters<Place["call"]>): Promise<ApiReply["body"]> => {
    const reply = await here.call(method, path, body);
    assert.ok(reply.status < 300, `${method} ${path}: ${reply.text}`);
    return reply.body;
  };
  return {
    ...here,
    role: (slug: string, more: object = {}) => call("POST", "/roles", { slug, name: slug, ...more }),
    template: (slug: string, more: object = {}) => call("POST", "/role-templates", { slug, name: slug, ...more }),
    edit: (slug: string, change: object) => call("PATCH", `/roles/${slug}`, change),
    member: (id: unknown) => call("GET", `/members/${String(id)}`),
    give: (id: unknown, grants: object) =>
      call("PATCH", `/members/${String(id)}/grants`, { permissions: [], resources: [], ...grants }),
    agent: (id: string, more: object = {}) => call("PUT", `/resources/agents/${id}`, { name: id, ...more }),
    /** Limit and use of the seats, and who waits. */
    seats: async (): Promise<string> => {
      const { used, limit, waiting, overBy } = await call("GET", "/seats");
      return `${used}/${limit} waiting ${waiting} over ${overBy}`;
    },
    /** The journal's events of one noun, the oldest first, as type and data. */
    told: async (noun: string): Promise<[string, Record<string, unknown>][]> => {
      const { rows } = await here.db.pool.query(
        "select type, data from events where tenant_id = $1 and type like $2 order by xid, seq",
        [here.tenantId, `${noun}.%`],
      );
      return (rows as { type: string; data: Record<string, unknown> }[]).map(({ type, data }) => [type, data]);
    },
    /** A session of a member, and what it permits at each look. */
    session: (id: unknown) => session(here, String(id)),
    work: () => work(here),
  };
}

/** The permissions of a session, as they are at each call. */
async function session({ db, tenantId }: Place, memberId: string): Promise<() => Promise<readonly string[]>> {
  const who = { tenantId, actor: { type: "system" }, now: new Date() } as const;
  const nothing = { connectionId: null, providerSession: null, ip: null, userAgent: null, endsBy: null };
  const opening = {
    memberId,
    authMethod: "password",
    mustChangePassword: false,
    mustAddFactor: false,
    hours: 1,
    ...nothing,
  };
  const { cookie } = await inTenant(db, who, (scope) =>
    openSession(scope, opening as Parameters<typeof openSession>[1]),
  );
  return async () => {
    const found = await memberSessionOf(db, cookie, new Date());
    assert.ok(found);
    return found.permissions;
  };
}

/** Does the queued jobs about roles, due or not, as a worker would; answers how many there were. */
async function work({ db, tenantId }: Place): Promise<number> {
  const handlers = { ...roleSeats(db), ...roleReplacement(db) };
  const next = `select id, kind, key, payload from jobs where tenant_id = $1 and kind = any($2) order by id limit 1`;
  for (let done = 0; ; done++) {
    const [row] = (await db.pool.query(next, [tenantId, Object.keys(handlers)])).rows as JobRow[];
    if (!row || done > 50) return done;
    const job: Claimed = { ...row, tenantId, attempts: 1, createdAt: new Date() };
    const handler = handlers[row.kind as keyof typeof handlers];
    assert.ok("within" in handler);
    const who = { tenantId, actor: { type: "system" }, now: new Date() } as const;
    await inTenant(db, who, (scope) => handler.within(scope, job));
    await db.pool.query("delete from jobs where id = $1", [row.id]);
  }
}

interface JobRow {
  readonly id: number;
  readonly kind: string;
  readonly key: string | null;
  readonly payload: Payload;
}
