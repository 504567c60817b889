import type { AuthenticationResponseJSON } from "@simplewebauthn/server";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import type { Database, Statement, Who } from "../../storage/types.ts";
import { changeHolder, ofHolder, type Holder } from "./factorHolder.ts";
import { mailPerson } from "../members/personMail.ts";
import { challengeOf, proofOptions, provenBy, type PasskeyOptions } from "./passkeyCeremony.ts";
import { type Binding, newChallenge, spendChallenge } from "./passkeyChallenges.ts";
import { countPasskey, type Passkey } from "./passkeys.store.ts";
import { recoveryCodeOf } from "./recoveryCodes.ts";
import type { Factors } from "./secondFactors.ts";
import { giveTryBack, type Limit, limitOfAddress, takeTry } from "../signIn/signInTries.ts";
import { SignInStopped } from "../signIn/signInStopped.ts";
import { codeOf } from "./totp.ts";

/** What somebody shows besides the password: the code of an app, a recovery code, or a passkey's signature. */
export type FactorProof = { readonly code: string } | { readonly passkey: AuthenticationResponseJSON };

/** What judging it takes. */
export interface ProofParts {
  readonly db: Database;
  readonly publicUrl: string;
  readonly secretKeys: readonly Buffer[];
}

/** Whose it is, where it comes from, and in whose hands a passkey's challenge was given. */
export interface ProofOf {
  readonly memberId: string;
  readonly factors: readonly Factors[];
  readonly ip: string | null;
  readonly binding: Binding;
}

/** Codes of an app that are looked at in a window; of a million, three are right at any time. */
const MOST_CODES = 10;

/**
 * Proves a second factor, each proof once. Guesses at one kind of code keep nobody from showing the other, nor a passkey:
 * whoever knows the password cannot lock the owner out.
 *
 * @returns whose it was
 * @throws SignInStopped `factor_wrong`, `too_many_attempts`
 */
export async function proveFactor(parts: ProofParts, who: Who, of: ProofOf, proof: FactorProof): Promise<Holder> {
  if ("passkey" in proof) return provePasskey(parts, who, of, proof.passkey);
  const isApp = /^[\d\s]{6,8}$/.test(proof.code);
  const limits = limitsOf(of, isApp ? "totp" : "recovery");
  await takeTry(parts.db, who, limits);
  const by = isApp ? await takeCode(parts, who, of, proof.code) : await takeRecovery(parts, who, of, proof.code);
  if (!by) throw wrong(of.memberId);
  await giveTryBack(parts.db, who, limits);
  return by;
}

/** By the last holder: an account has the same limit in each tenant that it is attached to. */
function limitsOf({ factors, ip, memberId }: ProofOf, kind: string): Limit[] {
  const id = factors.at(-1)?.holder.id ?? memberId;
  return [{ key: `${kind}:${id}`, most: MOST_CODES }, ...limitOfAddress(ip)];
}

async function takeCode(
  { db, secretKeys }: ProofParts,
  who: Who,
  of: ProofOf,
  code: string,
): Promise<Holder | undefined> {
  for (const { holder, totp } of of.factors) {
    const take = totp && codeOf(holder, { sealed: totp.sealed, code, now: who.now, first: false }, secretKeys);
    if (take && (await taken(db, holder, take))) return holder;
  }
  return undefined;
}

async function taken(db: Database, holder: Holder, take: Statement): Promise<boolean> {
  return (await ofHolder(db, holder, take)).length > 0;
}

async function takeRecovery({ db }: ProofParts, who: Who, of: ProofOf, code: string): Promise<Holder | undefined> {
  for (const { holder } of of.factors) {
    const take = recoveryCodeOf(holder, code);
    if (!take) continue;
    const spent = await changeHolder(
      db,
      who,
      holder,
      async (trx) => (await trx.run(take))[0],
      async (scope, done) => {
        if (!done) return;
        const told = { left: done.left, holder: holder.kind };
        await record(scope, event(scope, "member.recovery_code_used", { type: "member", id: of.memberId }, told));
        await mailPerson(scope, of.memberId, { message: "recoveryCodeUsed", values: { left: done.left } });
      },
    );
    if (spent) return holder;
  }
  return undefined;
}

async function provePasskey(
  { db, publicUrl }: ProofParts,
  who: Who,
  of: ProofOf,
  answer: AuthenticationResponseJSON,
): Promise<Holder> {
  await takeTry(db, who, limitOfAddress(of.ip));
  for (const { holder, passkeys } of of.factors) {
    const passkey = passkeys.find(({ credentialId }) => credentialId === answer.id);
    if (passkey === undefined) continue;
    const shown = { publicUrl, answer, passkey, userVerified: false };
    if (!(await signed(db, who, holder, of.binding, shown))) continue;
    await giveTryBack(db, who, limitOfAddress(of.ip));
    return holder;
  }
  throw wrong(of.memberId);
}

/** A signature, and what it is to be one of. */
export interface Signed {
  readonly publicUrl: string;
  readonly answer: AuthenticationResponseJSON;
  readonly passkey: Passkey;
  readonly userVerified: boolean;
}

/** Whether a passkey signed a challenge of these hands, which is spent; a counter that went back is a copy (WebAuthn §6.1.1). */
export async function signed(
  db: Database,
  { now }: Pick<Who, "now">,
  holder: Holder,
  binding: Binding,
  { publicUrl, answer, passkey, userVerified }: Signed,
): Promise<boolean> {
  const challenge = challengeOf(answer);
  if (challenge === undefined || !(await spendChallenge(db, now, challenge, binding))) return false;
  const counter = await provenBy({ publicUrl, challenge }, answer, passkey, { userVerified });
  if (counter === undefined) return false;
  return taken(db, holder, countPasskey(holder, passkey.id, counter, now));
}

/** What the browser is asked for a passkey as second factor; null where there is none. */
export async function factorOptions(
  { db, publicUrl }: Pick<ProofParts, "db" | "publicUrl">,
  now: Date,
  factors: readonly Factors[],
  binding: Binding,
): Promise<PasskeyOptions | null> {
  const passkeys = factors.flatMap((each) => each.passkeys);
  if (passkeys.length === 0) return null;
  return proofOptions({ publicUrl, challenge: await newChallenge(db, now, binding) }, passkeys);
}

function wrong(memberId: string): SignInStopped {
  return new SignInStopped("factor_wrong", "the code or passkey is wrong, or was used already", memberId);
}
