import type { AuthenticationResponseJSON } from "@simplewebauthn/server";
import { acrossTenants, onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { type Holder, ofHolder } from "../accounts/factorHolder.ts";
import { openLocal, passwordSettings, readStanding, tellRefused } from "./localSession.ts";
import { holderOfHandle, type PasskeyOptions, proofOptions } from "../accounts/passkeyCeremony.ts";
import { newChallenge } from "../accounts/passkeyChallenges.ts";
import { membershipsOf } from "./passkeySignIn.store.ts";
import { passkeysOf } from "../accounts/passkeys.store.ts";
import type { Operator } from "../tenants/plans.ts";
import { type ProofParts, signed } from "../accounts/secondFactorProof.ts";
import type { OpenedSession } from "./sessions.ts";
import { SignInStopped } from "./signInStopped.ts";
import { giveTryBack, limitOfAddress, takeTry } from "./signInTries.ts";
import type { Browser } from "./ssoSignIn.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { tenantById } from "../tenants/tenants.store.ts";

/** What a browser is asked by which nobody has said yet who they are: any passkey that it has for this server. */
export async function passkeyAsked(
  { db, publicUrl }: Pick<ProofParts, "db" | "publicUrl">,
  now: Date,
  browserSecret: string,
): Promise<PasskeyOptions> {
  const challenge = await newChallenge(db, now, { purpose: "signIn", secret: browserSecret });
  return proofOptions({ publicUrl, challenge }, "any");
}

/** A passkey's signature, and where its holder wants to go. */
export interface PasskeySignIn {
  readonly answer: AuthenticationResponseJSON;
  /** The tenant that was named: a passkey of another one is refused. */
  readonly tenant: Tenant | undefined;
  /** Of the browser for which the challenge was made. */
  readonly browserSecret: string;
}

/**
 * Signs in by a passkey alone, which has looked at its holder (user verification, WebAuthn §6.1): it is both what they have
 * and what they are or know.
 *
 * @throws SignInStopped `passkey_wrong`, `too_many_attempts`, `sso_required`, `suspended`, `invited`
 */
export async function signInByPasskey(
  parts: ProofParts,
  system: Operator,
  { answer, tenant: named, browserSecret }: PasskeySignIn,
  from: Browser,
): Promise<OpenedSession> {
  const { db, publicUrl } = parts;
  const limits = limitOfAddress(from.ip);
  await takeTry(db, system, limits);
  const holder = holderOfHandle(answer.response.userHandle ?? "");
  if (!holder || (holder.kind === "member" && named && holder.tenantId !== named.id)) throw wrong();
  const passkey = (await ofHolder(db, holder, passkeysOf(holder))).find((each) => each.credentialId === answer.id);
  if (!passkey) throw wrong();
  const shown = { publicUrl, answer, passkey, userVerified: true };
  if (!(await signed(db, system, holder, { purpose: "signIn", secret: browserSecret }, shown))) throw wrong();
  await giveTryBack(db, system, limits);
  const { tenantId, memberId } = await memberOf(db, system, holder, named);
  return enter(db, { ...system, tenantId }, { memberId, by: holder }, from);
}

async function memberOf(
  db: Database,
  system: Operator,
  holder: Holder,
  named: Tenant | undefined,
): Promise<{ tenantId: string; memberId: string }> {
  if (holder.kind === "member") return { tenantId: holder.tenantId, memberId: holder.id };
  const memberships = await acrossTenants(db, system, ({ trx }) => trx.run(membershipsOf(holder.id)));
  const found = memberships.find(({ tenantId }) => named === undefined || tenantId === named.id);
  if (!found) throw wrong();
  return found;
}

async function enter(
  db: Database,
  who: Who,
  { memberId, by }: { readonly memberId: string; readonly by: Holder },
  from: Browser,
): Promise<OpenedSession> {
  const [[tenant]] = await onceInTenant(db, who, tenantById(who.tenantId));
  if (!tenant) throw wrong();
  const settings = await passwordSettings(db, tenant);
  const found = await readStanding(db, who, memberId, settings).catch(async (error: unknown) => {
    if (!(error instanceof SignInStopped)) throw error;
    await tellRefused(db, who, { memberId, method: "passkey", reason: error.code }, from);
    throw error;
  });
  const shown = { authMethod: "passkey", mustAddFactor: false, by, hours: settings.hours } as const;
  return openLocal(db, who, memberId, from, { ...shown, mustChangePassword: found.mustChange });
}

function wrong(): SignInStopped {
  return new SignInStopped("passkey_wrong", "this passkey is not known here, or its signature does not hold");
}
