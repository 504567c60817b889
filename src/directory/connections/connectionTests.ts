/**
 * Test sign-ins: somebody signs in at the identity provider, and is shown what arrived, what was read from it, who that
 * would be and what would happen. Nobody is signed in, made or changed by it; a draft becomes `tested`.
 */
import { Refusal, isRefusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { hashToken, newSecret } from "../../base/secrets.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { linkingConnection } from "./connectionsForSignIn.ts";
import { readConnection } from "./connections.ts";
import { lockConnection } from "./connections.store.ts";
import * as store from "./connectionTests.store.ts";
import { displayNameOf, type Member } from "../members/member.ts";
import { memberById } from "../members/members.store.ts";
import { SignInStopped } from "../signIn/signInStopped.ts";
import { admit, type ReachedBy, settingsOf, type SsoIdentity } from "../signIn/ssoSignIn.ts";
import { checkReach, isSetup } from "./setupReach.ts";
import { takenBack } from "../members/takenBack.ts";
import { underLock } from "../members/underLock.ts";

/** How long a test may take: its address goes to somebody who has to find the time. */
const TEST_MS = 3_600_000;

/** What is so now and would be then; `before` null for somebody who is not here yet. */
interface Moved<T> {
  readonly before: T | null;
  readonly after: T;
}

/** What a test came to. */
export interface TestResult {
  readonly arrived: {
    readonly issuer: string;
    readonly subject: string;
    readonly values: Readonly<Record<string, readonly string[]>>;
  };
  readonly mapped: {
    readonly email: string | null;
    readonly name: SsoIdentity["name"];
    /** `absent`: no such claim; `overage`: a pointer in place of too many, which changes nothing (rule 13). */
    readonly groups: { readonly state: "absent" | "overage" | "read"; readonly values: readonly string[] };
    readonly match: readonly string[];
  };
  /** Null where the sign-in would be refused. */
  readonly wouldBe: {
    /** Null for somebody who would be made. */
    readonly memberId: string | null;
    readonly by: ReachedBy;
    readonly email: string | null;
    readonly displayName: string;
  } | null;
  readonly wouldHappen:
    | { readonly result: "refused"; readonly reason: string; readonly detail: string }
    | {
        readonly result: "signed_in";
        readonly roles: Moved<readonly string[]>;
        readonly seat: Moved<Member["seat"]>;
      };
}

/** A test, and what it came to. */
export interface ConnectionTest {
  readonly id: string;
  readonly status: "pending" | "passed" | "refused" | "expired";
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly finishedAt: Date | null;
  readonly result: TestResult | null;
  /** What the connection has refused since, to the address from which the test was opened last; the latest first. */
  readonly refusals: readonly store.RefusedTry[];
}

/**
 * Begins a test of a connection as it is now.
 *
 * @returns the secret by which a browser opens it, which is nowhere else
 * @throws Refusal `not_found`, `conflict` where nothing is known of the identity provider
 */
export async function createTest(
  db: Database,
  who: Who,
  connectionId: string,
): Promise<{ id: string; secret: string; expiresAt: Date }> {
  const secret = newSecret();
  const id = newId(who.now);
  const expiresAt = new Date(who.now.getTime() + TEST_MS);
  return inTenant(db, who, async ({ trx, tenantId, actor, now }) => {
    const [connection] = await trx.run(lockConnection(tenantId, connectionId));
    if (!connection) throw new Refusal("not_found", `no connection ${connectionId}`);
    await checkReach({ trx, tenantId, actor }, connection);
    if (connection.saml === null && connection.oidc === null) {
      const way = `Give \`${connection.protocol}\` first.`;
      throw new Refusal("conflict", `Nothing is known of the identity provider yet. ${way}`);
    }
    const test = { id, connectionId, hash: hashToken(secret), ofSetup: isSetup(actor), expiresAt };
    await trx.run(store.insertTest(tenantId, test, now));
    return { id, secret, expiresAt };
  });
}

/** A test as whoever may read it does; a setup link is told of the connection alone. @throws Refusal `not_found` */
export async function readTest(db: Database, who: Who, connectionId: string, id: string): Promise<ConnectionTest> {
  const { tenantId, now } = who;
  if (isSetup(who.actor)) await readConnection(db, who, connectionId);
  const [[row]] = await onceInTenant(db, who, store.testById(tenantId, connectionId, id));
  if (!row) throw new Refusal("not_found", `no test ${id} of this connection`);
  const refusals =
    row.openedAt === null
      ? []
      : (await onceInTenant(db, who, store.refusedTries(tenantId, connectionId, row.ip, id)))[0];
  const { createdAt, expiresAt, finishedAt } = row;
  const kept = row.result as TestResult | null;
  const result = kept && isSetup(who.actor) ? aboutNobody(kept) : kept;
  return { id, status: statusOf(result, expiresAt <= now), createdAt, expiresAt, finishedAt, result, refusals };
}

/**
 * The provider is whoever's has the link: with made-up people it would learn who is a member, as what, and who is not. So it
 * is told that the answer was good, and an admin whether this person would come in.
 */
function aboutNobody({ arrived, mapped }: TestResult): TestResult {
  const nothing = { roles: { before: null, after: [] }, seat: { before: null, after: "none" } } as const;
  return { arrived, mapped, wouldBe: null, wouldHappen: { result: "signed_in", ...nothing } };
}

function statusOf(result: TestResult | null, isOver: boolean): ConnectionTest["status"] {
  if (result === null) return isOver ? "expired" : "pending";
  return result.wouldHappen.result === "refused" ? "refused" : "passed";
}

/** The test that a browser opens; undefined where the secret opens none (any more). */
export async function openTest(
  db: Database,
  who: Who,
  connectionId: string,
  secret: string,
  ip: string | null,
): Promise<string | undefined> {
  const [[test]] = await onceInTenant(
    db,
    who,
    store.openTest(who.tenantId, connectionId, hashToken(secret), ip, who.now),
  );
  return test?.id;
}

/** Whether answers of a connection that nobody may sign in by are to be judged all the same: for a test. */
export async function isUnderTest(db: Database, who: Who, connectionId: string): Promise<boolean> {
  const [[test]] = await onceInTenant(db, who, store.testUnderWay(who.tenantId, connectionId, who.now));
  return test !== undefined;
}

/**
 * Ends a test with the answer that waits under a handle, in the browser that began: the sign-in is carried out and
 * taken back. Only the connection changes, from draft to tested, where somebody would be signed in by it, or a setup
 * link tests whether its answers are good, and it is still what was tested.
 *
 * @returns what whoever began the test may know
 * @throws SignInStopped `handle_spent`, `test_over`
 */
export async function finishTest(
  db: Database,
  who: Who,
  { handle, browser }: { handle: string; browser: string },
): Promise<TestResult> {
  const redeem = store.redeemTest(who.tenantId, hashToken(handle), hashToken(browser), who.now);
  const [[redeemed]] = await onceInTenant(db, who, redeem);
  if (!redeemed) {
    throw new SignInStopped("handle_spent", "the test was finished already, took too long, or began elsewhere");
  }
  const result = await resultOf(db, who, redeemed.connectionId, redeemed.identity as SsoIdentity);
  const { ofSetup } = await keepResult(db, who, redeemed.testId, result);
  return ofSetup ? aboutNobody(result) : result;
}

async function keepResult(db: Database, who: Who, testId: string, result: TestResult): Promise<{ ofSetup: boolean }> {
  return inTenant(db, who, async (scope) => {
    const { trx, tenantId, now } = scope;
    const [finished] = await trx.run(store.finishTest(tenantId, testId, result, now));
    if (!finished) throw new SignInStopped("test_over", "the test has its result already; begin another");
    const { connectionId, version, ofSetup } = finished;
    const { result: outcome } = result.wouldHappen;
    const isGood = outcome === "signed_in" || ofSetup;
    const [raised] = isGood ? await trx.run(store.raiseTested(tenantId, connectionId, version, now)) : [];
    const moved = raised ? { status: ["draft", "tested"] } : {};
    const told = { testId, outcome, ...moved };
    await record(scope, event(scope, "connection.tested", { type: "connection", id: connectionId }, told));
    return { ofSetup };
  });
}

type Outcome = Pick<TestResult, "wouldBe" | "wouldHappen">;

async function resultOf(db: Database, who: Who, connectionId: string, identity: SsoIdentity): Promise<TestResult> {
  const admitted = await tried(db, who, connectionId, identity);
  const outcome = admitted instanceof SignInStopped ? refused(admitted) : await shown(db, who, admitted);
  const { issuer, subject, email, name, groups, match, arrived = {} } = identity;
  const [state, values] = typeof groups === "string" ? [groups, []] : (["read", groups.values] as const);
  return {
    arrived: { issuer, subject, values: arrived },
    mapped: { email, name, groups: { state, values }, match },
    ...outcome,
  };
}

type Admitted = Awaited<ReturnType<typeof admit>>;

function tried(db: Database, who: Who, connectionId: string, identity: SsoIdentity): Promise<Admitted | SignInStopped> {
  return takenBack(db, who, async (scope) => {
    const locked = await underLock(db, scope);
    const connection = await linkingConnection(scope, connectionId);
    const settings = await settingsOf(scope);
    try {
      return await admit(scope, locked, connection, identity, settings);
    } catch (error) {
      if (error instanceof SignInStopped) return error;
      if (isRefusal(error, "seat_limit_reached")) return new SignInStopped("seat_limit_reached", error.message);
      throw error;
    }
  });
}

function refused({ code, message }: SignInStopped): Outcome {
  return { wouldBe: null, wouldHappen: { result: "refused", reason: code, detail: message } };
}

/** Nothing was changed, so what is read now is what was before. */
async function shown(db: Database, who: Who, { member, by }: Admitted): Promise<Outcome> {
  const [[before]] = await onceInTenant(db, who, memberById(who.tenantId, member.id));
  const { email, scim } = member;
  return {
    wouldBe: { memberId: before?.id ?? null, by, email, displayName: displayNameOf(scim) },
    wouldHappen: {
      result: "signed_in",
      roles: { before: before?.roles ?? null, after: member.roles },
      seat: { before: before?.seat ?? null, after: member.seat },
    },
  };
}
