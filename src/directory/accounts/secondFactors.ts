import type { Database } from "../../storage/types.ts";
import { type Holder, ofHolder } from "./factorHolder.ts";
import { type Passkey, passkeysOf } from "./passkeys.store.ts";
import { factorsOf } from "./secondFactors.store.ts";

/** What a holder can show besides a password. */
export interface Factors {
  readonly holder: Holder;
  /** The sealed secret of an authenticator app that is in use, and since when. */
  readonly totp: { readonly sealed: Buffer; readonly since: Date } | null;
  readonly passkeys: readonly Passkey[];
  /** How many recovery codes are left. */
  readonly recoveryCodes: number;
}

/** Reads what a holder has. */
async function readFactors(db: Database, holder: Holder): Promise<Factors> {
  const [row] = await ofHolder(db, holder, factorsOf(holder));
  const { totpSecret: sealed, totpConfirmedAt: since, recoveryCodes = 0 } = row ?? {};
  const passkeys = await ofHolder(db, holder, passkeysOf(holder));
  return { holder, totp: sealed && since ? { sealed, since } : null, passkeys, recoveryCodes };
}

/** What is asked of a member at a sign-in: their own factors, and those of the account that is attached. */
export function factorsAsked(db: Database, holders: readonly Holder[]): Promise<readonly Factors[]> {
  return Promise.all(holders.map((holder) => readFactors(db, holder)));
}

/** Whether there is a factor among these: recovery codes are none by themselves, they stand in for one. */
export function isAnyFactor(factors: readonly Factors[]): boolean {
  return factors.some(({ totp, passkeys }) => totp !== null || passkeys.length > 0);
}

/** Who must have a second factor (rule 28): who has none yet is led to add one, and may do nothing until then. */
export function mustHaveSecondFactor({ breakGlass }: { readonly breakGlass: boolean }): boolean {
  return breakGlass;
}
