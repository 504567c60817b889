/** A SCIM client for cases about Groups. */
import assert from "node:assert/strict";
import type { ScimObject } from "../../src/scim/types.ts";
import { patchOp, scimClient, textOf, user, type Answer, type ScimClientOptions } from "../support/scim.ts";

export const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
/** An id that nobody has. */
export const NOBODY = "0199a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b";

export type GroupClient = Awaited<ReturnType<typeof groupClient>>;

/** The least that a Group needs, with members by their ids, and what else is given. */
export function group(displayName: string, members: readonly string[] = [], more: object = {}): object {
  return { schemas: [GROUP], displayName, members: values(members), ...more };
}

/** Values of `members`. */
export function values(ids: readonly string[]): { value: string }[] {
  return ids.map((value) => ({ value }));
}

/** The ids of the members that an answer shows. */
export function membersOf({ members = [] }: ScimObject): string[] {
  return (members as { value: string }[]).map(({ value }) => value).sort();
}

/** A client of a fresh tenant, with the calls that cases about groups make. */
export async function groupClient(options: ScimClientOptions = {}) {
  const client = await scimClient(options);
  const read = async (id: string): Promise<ScimObject> => {
    const { status, body } = await client.get(`/Groups/${id}`);
    assert.equal(status, 200, textOf(body["detail"]));
    return body;
  };
  return {
    ...client,
    /** Creates users and answers their ids. */
    people: async (...names: string[]): Promise<string[]> => {
      const ids: string[] = [];
      for (const name of names) ids.push(await client.create(user(`${name}@example.com`, { displayName: name })));
      return ids;
    },
    /** Creates a group and answers its id. */
    newGroup: async (displayName: string, members: readonly string[] = [], more: object = {}): Promise<string> => {
      const { status, body, id } = await client.post("/Groups", group(displayName, members, more));
      assert.equal(status, 201, textOf(body["detail"]));
      return id;
    },
    change: (id: string, ...operations: readonly object[]): Promise<Answer> =>
      client.patch(`/Groups/${id}`, patchOp(...operations)),
    readGroup: read,
    membersOf: async (id: string): Promise<string[]> => membersOf(await read(id)),
    versionOf: async (id: string): Promise<string> => textOf(((await read(id))["meta"] as ScimObject)["version"]),
    findGroups: async (filter: string, rest = ""): Promise<ScimObject[]> => {
      const { status, body } = await client.get(`/Groups?filter=${encodeURIComponent(filter)}${rest}`);
      assert.equal(status, 200, textOf(body["detail"]));
      return body["Resources"] as ScimObject[];
    },
  };
}
