/** What the cases about invitations do over and over. */
import assert from "node:assert/strict";
import { fold } from "../../src/base/fold.ts";
import { inviteExpiry } from "../../src/directory/invitations/inviteExpiry.ts";
import { invitationTokens } from "../../src/directory/invitations/inviteToken.ts";
import { inTenant } from "../../src/storage/scope.ts";
import { api, type ApiReply, ways } from "../support/api.ts";
import { type Place, told } from "./place.ts";

export type Row = Record<string, unknown>;
export const PASSWORD = "a long enough password";

/** Invites, and answers the outcome of each address. */
export async function invite(place: Place, emails: string | string[], more: object = {}): Promise<Row[]> {
  const reply = await place.call("POST", "/invitations", { emails: [emails].flat(), ...more });
  assert.ok([200, 201].includes(reply.status), reply.text);
  return reply.body.results as Row[];
}

/** Invites one without mail; its id and token. */
export async function invited(place: Place, email: string, more: object = {}): Promise<{ id: string; token: string }> {
  const [row] = await invite(place, email, { sendEmail: false, ...more });
  assert.equal(row?.["status"], "invited", JSON.stringify(row));
  return { id: String(row["memberId"]), token: tokenIn(row["link"]) };
}

/** Invites one by mail; its id and what the mail holds. */
export async function mailed(place: Place, email: string, more: object = {}): Promise<{ id: string; token: string }> {
  const [row] = await invite(place, email, more);
  assert.deepEqual([row?.["status"], row?.["link"]], ["invited", null], JSON.stringify(row));
  const id = String(row?.["memberId"]);
  return { id, token: mailedToken(place, id, String(row?.["email"])) };
}

/** The token of a mail. */
export function mailedToken({ tenantId }: Place, memberId: string, email: string, serial = 1): string {
  const [made] = invitationTokens(ways.secretKeys, { tenantId, memberId, serial, emailKey: fold(email) });
  assert.ok(made);
  return made.token;
}

/** The token in a link's fragment. */
export function tokenIn(link: unknown): string {
  const [, token = ""] =
    /^https:\/\/usher\.example\/invitation#(us[ij]_[0-9a-f]{32}_[\w-]{43})$/.exec(String(link)) ?? [];
  assert.notEqual(token, "", String(link));
  return token;
}

/** Accepts as anybody may who has the token. */
export function accept({ db }: Place, token: string, more: object = { password: PASSWORD }): Promise<ApiReply> {
  return api(db)
    .as(null)
    .post("/invitations/accept", { token, ...more });
}

export async function memberOf(place: Place, id: string): Promise<Row> {
  const reply = await place.call("GET", `/members/${id}`);
  assert.equal(reply.status, 200, reply.text);
  return reply.body as Row;
}

/** The statuses of the tenant's invitations by address. */
export async function statusesOf(place: Place): Promise<Record<string, unknown>> {
  const { body } = await place.call("GET", "/invitations?limit=200");
  return Object.fromEntries((body.items as Row[]).map((each) => [each["email"], each["status"]]));
}

export async function seatsUsed(place: Place): Promise<number> {
  return Number(told({ seats: (await place.call("GET", "/seats")).body }, "seats")["used"]);
}

/** Types of the tenant's events about a member or invitation, the oldest first. */
export async function eventsOf({ db, tenantId }: Place, id: string): Promise<string[]> {
  const text = "select type from events where tenant_id = $1 and target_id = $2 order by id";
  return (await db.pool.query(text, [tenantId, id])).rows.map(({ type }) => String(type));
}

/** Runs the job that ends what is over, some days from now. */
export async function expire({ db, tenantId }: Place, days: number): Promise<void> {
  const handler = inviteExpiry(db)["invitations.expire"];
  assert.ok(handler && "within" in handler);
  const now = new Date(Date.now() + days * 86_400_000);
  const job = { id: 1, tenantId, kind: "invitations.expire", key: null, payload: {}, attempts: 1, createdAt: now };
  await inTenant(db, { tenantId, actor: { type: "system" }, now }, (scope) => handler.within(scope, job));
}

/** As if single sign-on had been required of everybody, without all that goes before. */
export async function requireSso({ db, tenantId }: Place, settings: object = {}): Promise<void> {
  const all = { ...settings, signIn: { ssoRequired: "everyone" } };
  await db.pool.query("update tenants set settings = $2 where id = $1", [tenantId, JSON.stringify(all)]);
}
