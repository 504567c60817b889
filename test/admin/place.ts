/** A tenant of its own for a case, with the calls that the cases about members make. */
import assert from "node:assert/strict";
import { createApiKey } from "../../src/directory/tenants/apiKeys.ts";
import { firstDirectory } from "../../src/directory/directories/directories.store.ts";
import type { Member } from "../../src/directory/members/member.ts";
import { changeScimMember, createScimMember, removeScimMember } from "../../src/directory/directories/scimMembers.ts";
import type { DirectoryWho } from "../../src/directory/directories/scimMembers.ts";
import type { ScimObject } from "../../src/scim/types.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import type { Database } from "../../src/storage/types.ts";
import { api, OPERATOR_KEY, type ApiReply, type Method } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";

/** Calls below a tenant. */
export type Call = (method: Uppercase<Method>, path: string, body?: unknown) => Promise<ApiReply>;

/** A tenant and the ways to it. */
export interface Place {
  readonly db: Database;
  readonly tenantId: string;
  readonly directoryId: string;
  readonly slug: string;
  /** As the operator. */
  readonly call: Call;
  /** With a key that has these permissions and no others. */
  readonly as: (...permissions: string[]) => Promise<Call>;
  /** Adds a member by hand and answers it. */
  readonly add: (email: string, more?: object) => Promise<Record<string, unknown>>;
  /** The default directory pushes a person. */
  readonly push: (userName: string, more?: ScimObject) => Promise<Member>;
  /** The default directory says whether someone is active. */
  readonly activate: (id: string, active: boolean) => Promise<Member>;
  /** The default directory deletes someone. */
  readonly unpush: (id: string) => Promise<void>;
}

/** A fresh tenant; unlimited unless said otherwise. */
export async function place(options: Parameters<typeof newTenant>[0] = {}): Promise<Place> {
  const db = await testDatabase();
  const { id: tenantId, slug } = await newTenant(options);
  const [[directory]] = await onceInTenant(db, { tenantId }, firstDirectory(tenantId));
  assert.ok(directory);
  const directoryId = directory.id;
  const call = caller(db, slug, OPERATOR_KEY);
  const directoryWho = (): DirectoryWho => {
    return { tenantId, directoryId, now: new Date(), actor: { type: "scim_token", id: directoryId } };
  };
  return {
    db,
    tenantId,
    directoryId,
    slug,
    call,
    as: async (...permissions) => {
      const who = { tenantId, actor: { type: "operator" }, now: new Date() } as const;
      const { key } = await createApiKey(db, who, { name: "key", permissions, expiresAt: null }, ["*"]);
      return caller(db, slug, key);
    },
    add: async (email, more = {}) => {
      const reply = await call("POST", "/members", { email, name: { givenName: "Ana", familyName: "Berg" }, ...more });
      assert.equal(reply.status, 201, reply.text);
      return reply.body as Record<string, unknown>;
    },
    push: (userName, more = {}) => {
      const scim = { userName, emails: [{ value: userName, primary: true }], ...more };
      return createScimMember(db, directoryWho(), { scim, active: undefined, password: undefined });
    },
    activate: (id, active) => {
      const make = ({ scim }: Member) => ({ scim, active, password: undefined });
      return changeScimMember(db, directoryWho(), id, { make, password: undefined });
    },
    unpush: (id) => removeScimMember(db, directoryWho(), id, () => {}),
  };
}

/** The refusal with this code, in the form of RFC 9457. */
export function refused({ status, body, text }: ApiReply, expected: number, code: string): Record<string, unknown> {
  const problem = body as Record<string, unknown>;
  assert.deepEqual([status, problem["code"]], [expected, code], text);
  assert.match(String(problem["detail"]), /\S/);
  return problem;
}

/** The items of a list. */
export function items({ status, body, text }: ApiReply): Record<string, unknown>[] {
  assert.equal(status, 200, text);
  return (body as { items: Record<string, unknown>[] }).items;
}

/** A member of an item that is an object itself. */
export function told(item: Record<string, unknown> | undefined, name: string): Record<string, unknown> {
  const value = item?.[name];
  assert.ok(typeof value === "object" && value !== null, `${name} of ${JSON.stringify(item)}`);
  return value as Record<string, unknown>;
}

/** The statuses of answers that came in any order. */
export function statuses(replies: readonly ApiReply[]): number[] {
  return replies.map(({ status }) => status).toSorted((a, b) => a - b);
}

function caller(db: Database, slug: string, key: string): Call {
  return (method, path, body) => {
    const verb = method.toLowerCase() as Method;
    const at = api(db).as(key);
    return verb === "get" ? at.get(`/tenants/${slug}${path}`) : at[verb](`/tenants/${slug}${path}`, body);
  };
}
