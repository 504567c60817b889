/** Whoever changes how they sign in has shown lately who they are: an open browser, or its stolen cookie, is not enough. */
import { Refusal } from "../../base/errors.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { type Holder, type Holders, holdersOf } from "./factorHolder.ts";
import type { MemberSession } from "../signIn/memberSession.ts";
import type { PasskeyOptions } from "./passkeyCeremony.ts";
import { provePassword } from "./passwordChange.ts";
import { passwordOfMember } from "../signIn/passwordSignIn.store.ts";
import { presentHash } from "./presentHash.ts";
import type { Own } from "./secondFactorChanges.ts";
import { proveSession } from "./secondFactors.store.ts";
import { type Factors, factorsAsked, isAnyFactor } from "./secondFactors.ts";
import { factorOptions, type FactorProof, type ProofParts, proveFactor } from "./secondFactorProof.ts";

/** How long a proof counts, the sign-in itself included. */
const FRESH_SECONDS = 600;

/** Until when a session's changes need no new proof: those of an account need one of the account. */
export function freshUntil({ session }: Pick<MemberSession, "session">, { own }: Pick<Holders, "own">): Date {
  const proven = own.kind === "account" ? session.accountProvenAt : (session.provenAt ?? session.createdAt);
  return new Date((proven?.getTime() ?? 0) + FRESH_SECONDS * 1000);
}

/** A session's member with what they may change; undefined where that needs a new proof. */
export async function freshOwn(db: Database, who: Who, own: MemberSession): Promise<Own | undefined> {
  const holders = await holdersOf(db, who, own.member.id);
  return who.now < freshUntil(own, holders) ? { ...own, holders } : undefined;
}

/**
 * The same where it must be.
 *
 * @throws Refusal `proof_required`; `forbidden` while the password is one that somebody else chose
 */
export async function requireFresh(db: Database, who: Who, own: MemberSession): Promise<Own> {
  if (own.session.mustChangePassword) throw new Refusal("forbidden", "Choose your own password first.");
  const fresh = await freshOwn(db, who, own);
  if (fresh) return fresh;
  throw new Refusal("proof_required", "Show again who you are first: POST /api/v1/session/proof.");
}

/** What a member can show: their second factor if they have one, else the password. */
export interface Provable {
  readonly factors: readonly Factors[];
  readonly by: "factor" | "password" | "nothing";
  /** Whose factors or password it is that counts. */
  readonly holder: Holder;
}

/** By what a member can show who they are. */
export async function provableBy(db: Database, who: Who, memberId: string): Promise<Provable> {
  const { own: holder, all } = await holdersOf(db, who, memberId);
  // An account is proven by what is its own, and not by what a tenant could have given its member.
  const factors = await factorsAsked(db, holder.kind === "account" ? [holder] : all);
  if (isAnyFactor(factors)) return { factors, by: "factor", holder };
  const [[held]] = await onceInTenant(db, who, passwordOfMember(who.tenantId, memberId));
  return { factors, by: (await presentHash(db, who, held)) === null ? "nothing" : "password", holder };
}

/** What the browser is asked for a passkey; null where there is none. */
export async function proofAsked(
  parts: Pick<ProofParts, "db" | "publicUrl">,
  who: Who,
  { session }: Pick<MemberSession, "session">,
  { factors }: Provable,
): Promise<PasskeyOptions | null> {
  return factorOptions(parts, who.now, factors, { purpose: "proof", secret: session.id });
}

/**
 * Takes a proof for a session: the second factor where there is one, for a password may have been watched.
 *
 * @throws SignInStopped `factor_wrong`, `password_wrong`, `too_many_attempts`; Refusal `invalid_request` for the wrong
 * kind of proof
 */
export async function proveAgain(
  parts: ProofParts,
  who: Who,
  { session, member }: Pick<MemberSession, "session" | "member">,
  proof: FactorProof | { readonly password: string },
  ip: string | null,
): Promise<void> {
  const { factors, by, holder } = await provableBy(parts.db, who, member.id);
  let proven = holder;
  if ("password" in proof) {
    if (by !== "password") throw otherProof(by);
    proven = (await provePassword(parts.db, who, member.id, proof.password)).holder;
  } else {
    if (by !== "factor") throw otherProof(by);
    const binding = { purpose: "proof", secret: session.id } as const;
    await proveFactor(parts, who, { memberId: member.id, factors, ip, binding }, proof);
  }
  await onceInTenant(parts.db, who, proveSession(who.tenantId, session.id, proven, who.now));
}

function otherProof(by: Provable["by"]): Refusal {
  const words = {
    factor: "Show a code of your authenticator app, a recovery code, or a passkey.",
    password: "Show your password.",
    nothing: "There is nothing here that you could show. Sign out, and sign in again.",
  };
  return new Refusal("invalid_request", words[by]);
}
