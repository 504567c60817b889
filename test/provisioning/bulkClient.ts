/** A SCIM client for cases about Bulk. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { BULK_REQUEST, BULK_RESPONSE } from "../../src/scim/bulkMessage.ts";
import type { ScimObject } from "../../src/scim/types.ts";
import { BASE_URL, ERROR, testServer, textOf, user, type Answer, type ScimClientOptions } from "../support/scim.ts";
import { group, groupClient } from "./groupClient.ts";

/** The result of one operation, as RFC 7644 §3.7.3 has it. */
export interface BulkResult {
  readonly location?: string;
  readonly method: string;
  readonly bulkId?: string;
  readonly version?: string;
  readonly status: string;
  readonly response?: ScimObject;
}

/** A BulkRequest message. */
export function bulkRequest(operations: readonly object[], more: object = {}): object {
  return { schemas: [BULK_REQUEST], Operations: operations, ...more };
}

/** The creation of a user by their name, which is the bulkId too. */
export function postUser(name: string, more: object = {}): object {
  return { method: "POST", path: "/Users", bulkId: name, data: user(`${name}@example.com`, more) };
}

/** The creation of a group by its name, which is the bulkId too. */
export function postGroup(name: string, members: readonly string[] = [], more: object = {}): object {
  return { method: "POST", path: "/Groups", bulkId: name, data: group(name, members, more) };
}

/** A client of a fresh tenant, with the calls that cases about Bulk make. */
export async function bulkClient(options: ScimClientOptions = {}) {
  const client = await groupClient(options);
  const post = (body: unknown): Promise<Answer> => client.post("/Bulk", body);
  const run = async (operations: readonly object[], more: object = {}): Promise<BulkResult[]> => {
    const { status, body } = await post(bulkRequest(operations, more));
    assert.equal(status, 200, textOf(body["detail"]));
    const { Operations: given, ...rest } = body;
    assert.deepEqual(rest, { schemas: [BULK_RESPONSE] });
    const results = given as unknown as BulkResult[];
    for (const result of results) checkResult(result);
    return results;
  };
  return { ...client, post, run };
}

/** What RFC 7644 §3.7.3 demands of every result. */
function checkResult({ location, method, bulkId, version, status, response, ...rest }: BulkResult): void {
  assert.deepEqual(rest, {});
  assert.match(method, /^(POST|PUT|PATCH|DELETE)$/);
  assert.match(status, /^[2-5]\d\d$/, "status is a string of three digits");
  if (location !== undefined) assert.ok(location.startsWith(`${BASE_URL}/`), location);
  if (Number(status) < 300) {
    assert.deepEqual(response, undefined);
    assert.equal(status, { POST: "201", DELETE: "204" }[method] ?? "200");
    assert.ok(location !== undefined, "location is there but for a failed POST");
    if (method === "DELETE") assert.equal(version, undefined);
    else assert.match(version ?? "", /^W\/"\d+"$/);
    if (method === "POST") assert.ok(bulkId !== undefined);
    return;
  }
  assert.equal(version, undefined);
  if (method === "POST") assert.equal(location, undefined);
  assert.deepEqual(response?.["schemas"], [ERROR]);
  assert.equal(response["status"], status);
  assert.ok(textOf(response["detail"]) !== "");
}

/** The statuses of results, in their order. */
export function statusesOf(results: readonly BulkResult[]): string[] {
  return results.map(({ status }) => status);
}

/** The id at the end of a result's location. */
export function idOf(result: BulkResult | undefined): string {
  return result?.location?.split("/").at(-1) ?? "";
}

/** Sends a body in chunks, without saying its length. */
export async function sendChunked(token: string, text: string): Promise<{ status: number; detail: string }> {
  const { port } = (await testServer()).address() as AddressInfo;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/scim+json" };
  const sending = request({ host: "127.0.0.1", port, path: "/scim/v2/Bulk", method: "POST", headers });
  for (let at = 0; at < text.length; at += 100_000) sending.write(text.slice(at, at + 100_000));
  sending.end();
  const [answer] = (await once(sending, "response")) as [IncomingMessage];
  const shown = JSON.parse(Buffer.concat(await answer.toArray()).toString()) as { detail: string };
  return { status: answer.statusCode ?? 0, detail: shown.detail };
}
