/** Applications are told when somebody is signed out (OpenID Connect Back-Channel Logout 1.0): at least once, in the end. */
import { importJWK, SignJWT } from "jose";
import { newId } from "../../base/ids.ts";
import { applicationByClientId } from "../../directory/applications/applications.store.ts";
import { SIGNING_ALGORITHM, signingKeys } from "../../directory/applications/signingKeys.ts";
import { type ApplicationSession, takeEnded } from "../../directory/applications/signOn.store.ts";
import { type Handlers, Hopeless } from "../../events/jobs.ts";
import { enqueueAll } from "../../events/jobs.store.ts";
import type { Follower } from "../../events/journalReader.ts";
import type { JournalEvent } from "../../events/journalReader.store.ts";
import type { Outbound } from "../../http/outbound.ts";
import { asTenant } from "../../storage/asTenant.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { PROVIDER_BASE } from "./provider.ts";

const LOGOUT = "applications.logout";

/** Whatever ends sessions: of a member, */
const OF_MEMBERS = [
  "member.signed_out",
  "member.tokens_revoked",
  "member.suspended",
  // Among others of a password that a directory takes away, with the sessions that it has opened.
  "member.updated",
  "member.deleted",
  "member.password_changed",
  "member.password_reset",
  "member.account_attached",
  "member.account_detached",
] as const;
/** or of many at once. */
const OF_TENANTS = ["tenant.updated", "tenant.deleted", "connection.*", "domain.verified", "domain.restored"] as const;

/** How long a logout token is good; §2.4 suggests two minutes at most. */
const GOOD_SECONDS = 120;
/** Of an answer that says nothing. */
const MOST_BYTES = 4096;
/** Applications that answer slowly do not hold up others. */
const AT_ONCE = 10;

interface Parts {
  readonly db: Database;
  readonly publicUrl: string;
  readonly secretKeys: readonly Buffer[];
  readonly outbound: Pick<Outbound, "send">;
}

/** Follows the journal: who is signed in no more is made known to each application that they had opened. */
export function tellApplications(db: Database): Follower {
  return {
    wanted: { types: [...OF_MEMBERS, ...OF_TENANTS], data: false },
    follow: async (wide, events) => {
      for (const [tenantId, memberIds] of affected(events)) {
        await asTenant(db, wide, tenantId, async (scope) => {
          const ended = await scope.trx.run(takeEnded(tenantId, memberIds));
          const jobs = ended.map((session) => ({ kind: LOGOUT, payload: { ...session } }));
          if (jobs.length > 0) await enqueueAll(scope, jobs);
        });
      }
    },
  };
}

/** The members by tenant whose sessions may have ended; null = any of the tenant. */
function affected(events: readonly JournalEvent[]): Map<string, readonly string[] | null> {
  const found = new Map<string, readonly string[] | null>();
  for (const { tenantId, type, targetId } of events) {
    const before = found.get(tenantId);
    if (before === null) continue;
    const isOne = (OF_MEMBERS as readonly string[]).includes(type) && targetId !== null;
    found.set(tenantId, isOne ? [...(before ?? []), targetId] : null);
  }
  return found;
}

/** The handler of what `tellApplications` adds: one message to one application. */
export function applicationLogout(parts: Parts): Handlers {
  return {
    [LOGOUT]: { atOnce: AT_ONCE, outside: (job) => tell(parts, job.payload as unknown as ApplicationSession) },
  };
}

async function tell(parts: Parts, { clientId, memberId, sid }: ApplicationSession): Promise<void> {
  const now = new Date();
  const reader = { actor: { type: "system" }, now } as const;
  const [found] = await acrossTenants(parts.db, reader, ({ trx }) => trx.run(applicationByClientId(clientId)));
  const url = found?.backchannelLogoutUri;
  if (url === undefined || url === null) return;
  const token = await logoutToken(parts, { clientId, memberId, sid }, now);
  const outcome = await parts.outbound.send({
    method: "POST",
    url,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ logout_token: token }).toString(),
    mostBytes: MOST_BYTES,
  });
  if (outcome.kind !== "answered") {
    throw outcome.kind === "refused" ? new Hopeless(outcome.reason) : new Error(outcome.reason);
  }
  // §2.8: 200, and 204 "to accommodate Web frameworks"; a 400 says that the token was not understood, and will not be.
  if (outcome.status === 400) throw new Hopeless("The application refused the logout token (400).");
  if (outcome.status !== 200 && outcome.status !== 204) {
    throw new Error(`The application answered ${outcome.status}; 200 or 204 is wanted.`);
  }
}

/** §2.4: by whom, for whom, about whom; never with a nonce, so that it is no ID token. */
async function logoutToken(
  { db, publicUrl, secretKeys }: Parts,
  { clientId, memberId, sid }: Pick<ApplicationSession, "clientId" | "memberId" | "sid">,
  now: Date,
): Promise<string> {
  const [key] = await signingKeys({ db, secretKeys }, now);
  if (!key) throw new Error("there is no signing key");
  const issued = Math.floor(now.getTime() / 1000);
  const claims = {
    ...(sid !== null && { sid }),
    events: { "http://schemas.openid.net/event/backchannel-logout": {} },
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: key.kid, typ: "logout+jwt" })
    .setIssuer(publicUrl + PROVIDER_BASE)
    .setAudience(clientId)
    .setSubject(memberId)
    .setIssuedAt(issued)
    .setExpirationTime(issued + GOOD_SECONDS)
    .setJti(newId(now))
    .sign(await importJWK(key, SIGNING_ALGORITHM));
}
