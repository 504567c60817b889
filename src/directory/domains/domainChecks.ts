import type { Handlers } from "../../events/jobs.ts";
import { atIntervals, inBatches, type Intervals } from "../../events/intervals.ts";
import { enqueue } from "../../events/jobs.store.ts";
import type { LookUpTxt } from "../../http/dns.ts";
import type { Logger } from "../../http/logger.ts";
import { asTenant } from "../../storage/asTenant.ts";
import { acrossTenants, inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import { mailAdmins } from "../tenants/adminMail.ts";
import { type Checked, takeDueDomains, writeCheck } from "./domainChecks.store.ts";
import { askForProof, proofFault, txtName, type ProofFault } from "./domainProof.ts";
import { isTaken, tell } from "./domains.ts";
import { type Domain, domainByName, lockDomain } from "./domains.store.ts";
import { endRefusedSessions } from "../signIn/enforcement.ts";

const CHECK = "domain.check";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Days without the record after which a domain lapses: a week, in which a weekend and a change of provider have room. */
const MOST_FAILED_DAYS = 7;
/** No later than this is a domain looked up that is due. */
const EVERY_MS = 600_000;
/** Domains of one transaction. */
const AT_ONCE = 100;

/** Asks for a look at each domain that is due, of all tenants, by a job of its own; answers how many. */
export async function askForChecks(db: Database, now: Date, atOnce = AT_ONCE): Promise<number> {
  return inBatches(atOnce, () =>
    acrossTenants(db, { actor: { type: "system" }, now }, async (wide) => {
      const due = await wide.trx.run(takeDueDomains(now, atOnce));
      for (const { tenantId, domain } of due.filter(({ isAlive }) => isAlive)) {
        const job = { kind: CHECK, key: `domain:${domain}`, payload: { domain, due: now.toISOString() } };
        await asTenant(db, wide, tenantId, (scope) => enqueue(scope, job));
      }
      return due.length;
    }),
  );
}

/** The same at the start and every ten minutes until it is stopped; several processes take what each finds unlocked. */
export function startDomainChecks({ db, log }: { readonly db: Database; readonly log: Logger }): Intervals {
  return atIntervals(
    EVERY_MS,
    async () => void (await askForChecks(db, new Date())),
    log,
    "the domains that are due cannot be looked up, and will be in ten minutes",
  );
}

/** The handler of those jobs. */
export function domainChecks(db: Database, lookUpTxt: LookUpTxt): Handlers {
  return {
    [CHECK]: {
      outside: async ({ tenantId, payload }) => {
        const { domain, due } = payload as { domain: string; due: string };
        const who = { tenantId, actor: { type: "system" }, now: new Date() } as const;
        await checkDomain(db, lookUpTxt, who, domain, new Date(due));
      },
    },
  };
}

/**
 * Looks a domain's record up and writes down what came of it, once for each time that it was due: rule 30's "lapsed".
 * The DNS is asked outside any transaction.
 */
export async function checkDomain(
  db: Database,
  lookUpTxt: LookUpTxt,
  who: Who,
  domain: string,
  due: Date,
): Promise<void> {
  const [[found]] = await onceInTenant(db, who, domainByName(who.tenantId, domain));
  if (!isDue(found, due)) return;
  const answer = await askForProof(lookUpTxt, domain);
  const settle = (taken: boolean): Promise<void> =>
    inTenant(db, who, async (scope) => {
      const [before] = await scope.trx.run(lockDomain(who.tenantId, domain));
      if (!isDue(before, due)) return;
      await settleCheck(scope, before, proofFault(answer, before), taken);
    });
  try {
    await settle(false);
  } catch (error) {
    if (!isTaken(error)) throw error;
    await settle(true);
  }
}

/** Not once it was given up, is on the operator's word, or was looked up since. */
function isDue(domain: Domain | undefined, due: Date): domain is Domain {
  if (domain === undefined || domain.status === "pending" || domain.verifiedBy !== "dns") return false;
  return domain.checkedAt === null || domain.checkedAt < due;
}

/** @param taken whether a lapsed domain, whose record is there again, is another tenant's by now */
async function settleCheck(scope: Scope, before: Domain, fault: ProofFault | null, taken: boolean): Promise<void> {
  const after = afterCheck(before, fault, taken, scope.now);
  await scope.trx.run(writeCheck(scope.tenantId, after, scope.now));
  if (before.status !== "verified" && after.status === "verified") await endRefusedSessions(scope);
  await tellCheck(scope, before, after, fault);
}

/** What a look-up makes of a domain. No answer at all proves nothing either way: it counts no day, and is asked again. */
function afterCheck(before: Domain, fault: ProofFault | null, taken: boolean, now: Date): Checked {
  const { domain, status, failedDays } = before;
  const nextCheckAt = new Date(now.getTime() + DAY_MS);
  if (fault === null && taken) return { domain, status, checkFault: "taken", failedDays, nextCheckAt };
  if (fault === null) return { domain, status: "verified", checkFault: null, failedDays: 0, nextCheckAt };
  if (fault === "unanswered" || fault === "timeout") {
    const soon = new Date(now.getTime() + HOUR_MS);
    return { domain, status, checkFault: fault, failedDays, nextCheckAt: soon };
  }
  const days = Math.min(failedDays + 1, MOST_FAILED_DAYS);
  const lapses = days === MOST_FAILED_DAYS;
  return { domain, status: lapses ? "lapsed" : status, checkFault: fault, failedDays: days, nextCheckAt };
}

/** Never silently: the journal and the admins hear of the first day, of the last but one, of the end, and of its return. */
async function tellCheck(scope: Scope, before: Domain, after: Checked, fault: ProofFault | null): Promise<void> {
  const { domain, txtValue } = before;
  const record = { domain, txtName: txtName(domain), txtValue };
  if (after.failedDays === before.failedDays) return;
  if (after.failedDays === 0) {
    await tell(scope, "domain.restored", domain);
    return mailAdmins(scope, { message: "domainRestored", values: { domain } });
  }
  if (after.status === "lapsed") {
    await tell(scope, "domain.lapsed", domain, { fault });
    return mailAdmins(scope, { message: "domainLapsed", values: record });
  }
  const days = MOST_FAILED_DAYS - after.failedDays;
  if (after.failedDays === 1) await tell(scope, "domain.failing", domain, { fault });
  if (after.failedDays === 1 || days === 1) {
    await mailAdmins(scope, { message: "domainFailing", values: { ...record, days } });
  }
}
