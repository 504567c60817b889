import type { Outbound, OutboundOutcome } from "../http/outbound.ts";
import { acrossTenants } from "../storage/scope.ts";
import type { Database, Scope } from "../storage/types.ts";
import { event } from "./event.ts";
import { enqueue } from "./jobs.store.ts";
import { record } from "./journal.store.ts";
import { type DisabledReason, OPERATOR_PLACE } from "./webhook.ts";
import { messageOf } from "./webhookMessage.ts";
import { markDelivered, markFailed, type Sending } from "./webhookSending.store.ts";
import { disableWebhook } from "./webhooks.store.ts";
import { hostOf } from "./webhooks.ts";

/** How long a failure is waited out, and how long an endpoint that takes nothing is put up with. */
export interface Patience {
  /** Milliseconds before the attempt after the first, the second …; after them the delivery is parked. */
  readonly delays: readonly number[];
  /** Milliseconds after which an endpoint that has taken nothing is disabled, with the next delivery that is parked. */
  readonly patienceMs: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Fifteen attempts in a little more than three days, so that a weekend's outage loses nothing. */
export const usualPatience: Patience = {
  delays: [
    5 * SECOND,
    30 * SECOND,
    ...[2, 10, 30].map((minutes) => minutes * MINUTE),
    ...[1, 2, 4, 8, 12, 12, 12, 12, 12].map((hours) => hours * HOUR),
  ],
  patienceMs: 5 * 24 * HOUR,
};

/** What attempts are made with. */
export interface AttemptParts {
  readonly db: Database;
  readonly secretKeys: readonly Buffer[];
  readonly outbound: Pick<Outbound, "send">;
  readonly patience: Patience;
}

/** Of an answer that is no success: enough to recognise it by. */
const MOST_BYTES = 500;
/** By up to so much every wait is longer, by chance, lest what failed together comes back together. */
const JITTER = 0.1;
/** Of what the receiver asks for with Retry-After (RFC 9110 §10.2.3). */
const LONGEST_WAIT = 12 * HOUR;
const GONE = 410;

/** One attempt: the request outside of any transaction, then what it came to. */
export async function attempt(parts: AttemptParts, sending: Sending): Promise<void> {
  const outcome = await parts.outbound.send({
    method: "POST",
    url: sending.url,
    ...messageOf(parts.secretKeys, sending, new Date()),
    mostBytes: MOST_BYTES,
  });
  await byServer(parts.db, sending, (scope) => settle(scope, sending, outcome, parts.patience));
}

async function settle(
  scope: Scope,
  sending: Sending,
  outcome: OutboundOutcome,
  { delays, patienceMs }: Patience,
): Promise<void> {
  const responseStatus = outcome.kind === "answered" ? outcome.status : null;
  const attempted = { responseStatus, durationMs: outcome.durationMs };
  if (isSuccess(responseStatus)) return void (await scope.trx.run(markDelivered(sending, attempted)));
  const gone = responseStatus === GONE;
  const delay = gone ? undefined : delays[sending.attempts - 1];
  const wait =
    delay === undefined ? null : Math.round(Math.max(delay, askedFor(outcome)) * (1 + JITTER * Math.random()));
  const [failed] = await scope.trx.run(markFailed(sending, attempted, errorOf(outcome), wait));
  if (!failed || wait !== null) return;
  await disable(scope, sending, gone ? "gone" : "failing", gone ? null : patienceMs);
}

/** Standard Webhooks: "any 2xx is a success"; a redirect is none, and is not followed. */
function isSuccess(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}

/** Milliseconds that the receiver wants to be left alone; 0 where it says nothing that is a number of seconds. */
function askedFor(outcome: OutboundOutcome): number {
  const asked = outcome.kind === "answered" ? outcome.headers["retry-after"] : undefined;
  return typeof asked === "string" && /^\d{1,6}$/.test(asked) ? Math.min(Number(asked) * SECOND, LONGEST_WAIT) : 0;
}

/** What is kept of a failure: our own words, and the first of the receiver's. */
function errorOf(outcome: OutboundOutcome): string {
  if (outcome.kind !== "answered") return outcome.reason;
  const { status, body } = outcome;
  const said = status >= 300 && status < 400 ? "Redirects are not followed: give the URL that it leads to." : body;
  // PostgreSQL stores no NUL, and control characters would only confuse who reads it.
  return `HTTP ${status} ${said}`.replaceAll(/\p{C}+/gu, " ").trim();
}

async function disable(
  scope: Scope,
  { placeId, webhookId }: Sending,
  reason: DisabledReason,
  patienceMs: number | null,
): Promise<void> {
  const [disabled] = await scope.trx.run(disableWebhook(placeId, webhookId, reason, patienceMs));
  if (!disabled) return;
  const data = { reason, host: hostOf(disabled.url), failingSince: disabled.failingSince };
  await record(scope, event(scope, "webhook.disabled", { type: "webhook", id: webhookId }, data));
  // The operator has no address: who watches all tenants finds the event in another webhook, and the log.
  if (placeId === OPERATOR_PLACE) return;
  const message = reason === "gone" ? "webhookGone" : "webhookDisabled";
  await enqueue(scope, { kind: "mail.admins", payload: { message, values: { url: data.host } } });
}

/** The server's own transaction in the place of the endpoint. */
function byServer<T>(db: Database, { placeId }: Sending, work: (scope: Scope) => Promise<T>): Promise<T> {
  const who = { actor: { type: "system" }, now: new Date() } as const;
  return acrossTenants(db, who, (wide) => work({ ...wide, tenantId: placeId }));
}
