/** A tenant whose directory pushes people and groups, for cases about what becomes of them. */
import assert from "node:assert/strict";
import type { Member } from "../../src/directory/members/member.ts";
import { memberById } from "../../src/directory/members/members.store.ts";
import { previewRoleMappings, type MappingPreview } from "../../src/directory/roles/mappingPreview.ts";
import { roleEffects, type WrittenMapping } from "../../src/directory/roles/roleMappings.ts";
import {
  changeScimGroup,
  createScimGroup,
  removeScimGroup,
  type GroupChange,
} from "../../src/directory/directories/scimGroups.ts";
import { changeScimMember, type DirectoryWho } from "../../src/directory/directories/scimMembers.ts";
import type { Claimed, Payload } from "../../src/events/jobs.ts";
import type { ScimObject } from "../../src/scim/types.ts";
import { inTenant, onceInTenant } from "../../src/storage/scope.ts";
import { place, type Place } from "../admin/place.ts";

export type World = Awaited<ReturnType<typeof world>>;

type Moves = Partial<GroupChange["members"]>;

/** A fresh tenant; unlimited unless said otherwise. */
export async function world(options: Parameters<typeof place>[0] = {}) {
  const here = await place(options);
  const { db, tenantId, directoryId } = here;
  const who = (): DirectoryWho => ({ tenantId, directoryId, now: new Date(), actor: { type: "system" } });
  const change = (id: string, wanted: Partial<GroupChange>) => {
    const members = { replace: false, add: [], remove: [], ...wanted.members };
    const nothing = { make: undefined, ifMatch: undefined, refuseUnknown: undefined };
    return changeScimGroup(db, who(), id, { ...nothing, ...wanted, members });
  };
  const member = async (id: string): Promise<Member> => {
    const [[found]] = await onceInTenant(db, { tenantId }, memberById(tenantId, id));
    assert.ok(found, `no member ${id}`);
    return found;
  };
  return {
    ...here,
    who,
    member,
    /** The directory pushes a person; answers the id. */
    person: async (name: string, more: ScimObject = {}): Promise<string> =>
      (await here.push(`${name}@example.com`, { displayName: name, ...more })).id,
    /** The directory changes attributes of a person. */
    rewrite: (id: string, attributes: ScimObject) => {
      const make = ({ scim }: Member) => ({ scim: { ...scim, ...attributes }, active: undefined, password: undefined });
      return changeScimMember(db, who(), id, { make, password: undefined });
    },
    group: async (displayName: string, ...ids: string[]): Promise<string> =>
      (await createScimGroup(db, who(), { displayName }, ids, undefined)).group.id,
    move: (id: string, moves: Moves) => change(id, { members: { replace: false, add: [], remove: [], ...moves } }),
    join: (id: string, ...add: string[]) => change(id, { members: { replace: false, add, remove: [] } }),
    leave: (id: string, ...remove: string[]) => change(id, { members: { replace: false, add: [], remove } }),
    rename: (id: string, displayName: string) => change(id, { make: ({ scim }) => ({ ...scim, displayName }) }),
    drop: (id: string) => removeScimGroup(db, who(), id, () => {}),
    /** Writes the mappings as the operator. */
    map: async (...mappings: WrittenMapping[]): Promise<void> => {
      const { status, text } = await here.call("PUT", "/role-mappings", mappings);
      assert.equal(status, 200, text);
    },
    preview: (...mappings: WrittenMapping[]): Promise<MappingPreview> => previewRoleMappings(db, who(), mappings),
    /** Status, roles in force and seat, in one line. */
    standing: async (id: string): Promise<string> => {
      const { status, roles, seat } = await member(id);
      return `${status} ${roles.join("+")} ${seat}`;
    },
    reasons: async (id: string): Promise<string[]> => (await member(id)).reasons.map(({ code }) => code),
    explained: (id: string) => explanation(here, id),
    seats: async (): Promise<string> => {
      const { used, limit, waiting } = (await here.call("GET", "/seats")).body as Record<string, number | null>;
      return `${used}/${limit} waiting ${waiting}`;
    },
    /** Does the queued jobs that carry effects out, as a worker would; answers how many there were. */
    work: () => work(here),
  };
}

/** The words of an explanation. */
async function explanation({ call }: Place, id: string): Promise<string[]> {
  const { status, body, text } = await call("GET", `/members/${id}/explanation`);
  assert.equal(status, 200, text);
  return (body as { reasons: { text: string }[] }).reasons.map((reason) => reason.text);
}

interface JobRow {
  readonly id: number;
  readonly kind: string;
  readonly payload: Payload;
}

async function work({ db, tenantId }: Place): Promise<number> {
  const handlers = roleEffects(db);
  const next = `select id, kind, payload from jobs where tenant_id = $1 and kind = any($2) order by id limit 1`;
  for (let done = 0; ; done++) {
    const [row] = (await db.pool.query(next, [tenantId, Object.keys(handlers)])).rows as JobRow[];
    if (!row) return done;
    const job: Claimed = { ...row, tenantId, key: row.kind, attempts: 1, createdAt: new Date() };
    const handler = handlers[row.kind as keyof typeof handlers];
    assert.ok("within" in handler);
    const actor = { type: "system" } as const;
    await inTenant(db, { tenantId, actor, now: new Date() }, (scope) => handler.within(scope, job));
    await db.pool.query("delete from jobs where id = $1", [row.id]);
  }
}

/** Everything that a tenant stores of members, groups, seats, rules and the journal. */
export async function everythingOf({ db, tenantId }: Pick<Place, "db" | "tenantId">): Promise<unknown> {
  const tables = ["members", "groups", "memberships", "tenant_seats", "events", "jobs"];
  const rows = tables.map((table) => `select '${table}' as t, to_jsonb(r) as row from ${table} r where tenant_id = $1`);
  const own = "select 'tenants', to_jsonb(r) from tenants r where id = $1";
  return (await db.pool.query(`${[...rows, own].join(" union all ")} order by 1, 2`, [tenantId])).rows;
}
