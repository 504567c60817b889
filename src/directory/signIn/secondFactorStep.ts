/** The step between a right password and the session: the second factor, in the browser that gave the password. */
import { newId } from "../../base/ids.ts";
import { hashToken, newSecret } from "../../base/secrets.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { holdersOf } from "../accounts/factorHolder.ts";
import { openLocal, type PasswordSettings, readStanding, tellRefused } from "./localSession.ts";
import { passwordOfMember } from "./passwordSignIn.store.ts";
import { presentHash } from "../accounts/presentHash.ts";
import type { PasskeyOptions } from "../accounts/passkeyCeremony.ts";
import { factorOptions, type FactorProof, type ProofParts, proveFactor } from "../accounts/secondFactorProof.ts";
import { type Factors, factorsAsked, isAnyFactor } from "../accounts/secondFactors.ts";
import { insertStep, stepByHash, type StepRow, takeStep } from "./secondFactorStep.store.ts";
import type { OpenedSession } from "./sessions.ts";
import { SignInStopped } from "./signInStopped.ts";
import type { Browser } from "./ssoSignIn.ts";

/** Long enough to fetch a phone, and to wait for the code after one that was mistyped. */
export const STEP_SECONDS = 900;

/** A step as its browser gets it. */
export interface OpenedStep {
  /** The cookie's value: tenant and secret. */
  readonly cookie: string;
}

/** A step that waits for its factor. */
export interface Step extends StepRow {
  readonly tenantId: string;
}

/** Remembers that a password was right. */
export async function openStep(db: Database, who: Who, step: Omit<StepRow, "id">): Promise<OpenedStep> {
  const secret = newSecret();
  const row = { ...step, id: newId(who.now), hash: hashToken(secret) };
  const expiresAt = new Date(who.now.getTime() + STEP_SECONDS * 1000);
  await onceInTenant(db, who, insertStep(who.tenantId, row, who.now, expiresAt));
  return { cookie: `${who.tenantId}.${secret}` };
}

/** What a step keeps of the password that was right. */
export function markOf(passwordHash: string | null): Buffer {
  return hashToken(passwordHash ?? "");
}

const COOKIE = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/;

/** The step of a cookie; undefined for one that is malformed, done or too old. */
export async function stepOf(db: Database, cookie: string, now: Date): Promise<Step | undefined> {
  const [, tenantId = "", secret = ""] = COOKIE.exec(cookie) ?? [];
  if (tenantId === "") return undefined;
  const [[row]] = await onceInTenant(db, { tenantId }, stepByHash(tenantId, hashToken(secret), now));
  return row && { ...row, tenantId };
}

/** What a step asks for: codes, a passkey or either. */
export interface Asked {
  readonly code: boolean;
  readonly passkey: PasskeyOptions | null;
}

/** What the page of a step asks for. */
export async function askedOf(parts: Pick<ProofParts, "db" | "publicUrl">, step: Step, now: Date): Promise<Asked> {
  const factors = await factorsOfStep(parts.db, step);
  const passkey = await factorOptions(parts, now, factors, { purpose: "secondFactor", secret: step.id });
  return { code: factors.some(({ totp, recoveryCodes }) => totp !== null || recoveryCodes > 0), passkey };
}

/**
 * Opens the session of a step by the second factor; the member is looked at anew.
 *
 * @throws SignInStopped `factor_wrong`, `too_many_attempts`, `sso_required`, `suspended`, `invited`, `gone`, `step_spent`,
 * `password_wrong`
 */
export async function finishStep(
  parts: ProofParts,
  who: Who,
  step: Step,
  proof: FactorProof,
  from: Browser,
  settings: PasswordSettings,
): Promise<OpenedSession> {
  const { db } = parts;
  const found = await readStanding(db, who, step.memberId, settings);
  const [[held]] = await onceInTenant(db, who, passwordOfMember(who.tenantId, step.memberId));
  const hash = await presentHash(db, who, held);
  if (!markOf(hash).equals(step.passwordMark))
    throw new SignInStopped("step_spent", "the password was changed meanwhile", step.memberId);
  const factors = await factorsOfStep(db, step);
  const binding = { purpose: "secondFactor", secret: step.id } as const;
  const of = { memberId: step.memberId, factors, ip: from.ip, binding };
  const shownBy = await proveFactor(parts, who, of, proof).catch(async (error: unknown) => {
    if (!(error instanceof SignInStopped)) throw error;
    await tellRefused(db, who, { memberId: step.memberId, method: "password", reason: error.code }, from);
    throw error;
  });
  const account = factors.find(({ holder }) => holder.kind === "account");
  const own = { kind: "member", tenantId: who.tenantId, id: step.memberId } as const;
  const owner = (held?.passwordHash ?? null) === null ? (account?.holder ?? own) : own;
  // The account is proven by its password and, where it has one, its own second factor.
  const isWhole = shownBy.kind === "account" || !account || !isAnyFactor([account]);
  const by = isWhole ? owner : own;
  const password = { of: owner, hash: hash ?? "" };
  const shown = { authMethod: "password", mustAddFactor: false, by, password, hours: settings.hours } as const;
  return openLocal(db, who, found.id, from, { ...shown, mustChangePassword: found.mustChange }, async ({ trx }) => {
    const taken = await trx.run(takeStep(step.tenantId, step.id));
    if (taken.length === 0) throw new SignInStopped("step_spent", "the sign-in was finished already", step.memberId);
  });
}

async function factorsOfStep(db: Database, step: Step): Promise<readonly Factors[]> {
  return factorsAsked(db, (await holdersOf(db, step, step.memberId)).all);
}
