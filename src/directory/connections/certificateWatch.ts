/**
 * Warns of signing certificates of identity providers that are about to end. Usher takes an expired one, for the key is
 * what was agreed upon; the identity provider puts another in its place about then, and sign-in ends until that is known.
 */
import { X509Certificate } from "node:crypto";
import { event } from "../../events/event.ts";
import type { Handlers } from "../../events/jobs.ts";
import { atIntervals, inBatches, type Intervals } from "../../events/intervals.ts";
import { enqueue } from "../../events/jobs.store.ts";
import { record } from "../../events/journal.store.ts";
import type { Logger } from "../../http/logger.ts";
import { asTenant } from "../../storage/asTenant.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database, Scope } from "../../storage/types.ts";
import { mailAdmins } from "../tenants/adminMail.ts";
import { takeDueCertificates, type Told, toldOfCertificates, writeCertificatesTold } from "./certificateWatch.store.ts";
import { type Connection, lockConnection } from "./connections.store.ts";

const LOOK = "connection.certificates";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Days before the end at which admins are told, the latest first. */
const MARKS = [1, 7, 14, 30] as const;
/** Connections of one transaction. */
const AT_ONCE = 100;

/** Asks for a look at the certificates that are due, of all tenants, by a job of its own each; answers how many. */
export async function askForCertificates(db: Database, now: Date, atOnce = AT_ONCE): Promise<number> {
  return inBatches(atOnce, () =>
    acrossTenants(db, { actor: { type: "system" }, now }, async (wide) => {
      const due = await wide.trx.run(takeDueCertificates(now, atOnce));
      for (const { tenantId, connectionId } of due.filter(({ isAlive }) => isAlive)) {
        const job = { kind: LOOK, key: `${LOOK}:${connectionId}`, payload: { connectionId } };
        await asTenant(db, wide, tenantId, (scope) => enqueue(scope, job));
      }
      return due.length;
    }),
  );
}

/** The same at the start and every hour until it is stopped; several processes take what each finds unlocked. */
export function startCertificateWatch({ db, log }: { readonly db: Database; readonly log: Logger }): Intervals {
  return atIntervals(
    HOUR_MS,
    async () => void (await askForCertificates(db, new Date())),
    log,
    "certificates cannot be looked at, and will be in an hour",
  );
}

/** The handler of those jobs. */
export const certificateJobs: Handlers = {
  [LOOK]: { within: (scope, { payload }) => lookAtCertificates(scope, String(payload["connectionId"])) },
};

/** Tells of the certificate that ends last, once at each mark: one that has a successor ends unmissed. */
export async function lookAtCertificates(scope: Scope, id: string): Promise<void> {
  const { tenantId, trx, now } = scope;
  const [connection] = await trx.run(lockConnection(tenantId, id));
  if (!connection) return;
  const [told = { end: null, days: null }] = await trx.run(toldOfCertificates(tenantId, id));
  const end = connection.status === "enabled" ? lastEnd(connection) : null;
  if (end === null) return void (await trx.run(writeCertificatesTold(tenantId, id, told, null)));
  const mark = now < end ? MARKS.find((days) => now >= markOf(end, days)) : undefined;
  const isNews = mark !== undefined && isUntold(told, end, mark);
  if (isNews) await tell(scope, connection, end);
  const next = MARKS.map((days) => markOf(end, days)).filter((moment) => moment > now);
  const due = next.length === 0 ? null : new Date(Math.min(...next.map(Number)));
  await trx.run(writeCertificatesTold(tenantId, id, isNews ? { end, days: mark } : told, due));
}

function isUntold(told: Told, end: Date, mark: number): boolean {
  return told.end?.getTime() !== end.getTime() || mark < (told.days ?? Infinity);
}

function lastEnd({ saml }: Connection): Date | null {
  const ends = (saml?.certificates ?? []).map((pem) => Date.parse(new X509Certificate(pem).validTo));
  return ends.length === 0 ? null : new Date(Math.max(...ends));
}

function markOf(end: Date, days: number): Date {
  return new Date(end.getTime() - days * DAY_MS);
}

async function tell(scope: Scope, { id, name }: Connection, end: Date): Promise<void> {
  const days = Math.max(1, Math.ceil((end.getTime() - scope.now.getTime()) / DAY_MS));
  const endsAt = end.toISOString();
  const told = { name, days, endsAt };
  await record(scope, event(scope, "connection.certificate_expiring", { type: "connection", id }, told));
  const values = { connection: name, days, date: endsAt.slice(0, 10) };
  await mailAdmins(scope, { message: "certificateExpiring", values });
}
