import { Secret, TOTP } from "otpauth";
import { Refusal } from "../../base/errors.ts";
import { seal, unseal } from "../../base/secrets.ts";
import type { Database } from "../../storage/types.ts";
import { type Holder, ofHolder } from "./factorHolder.ts";
import { factorsOf, keepTotp, takeTotp } from "./secondFactors.store.ts";

/** What every authenticator app takes (RFC 6238 §4.1, RFC 4226 §4): SHA-1 is sound in HMAC, and others are often ignored. */
const FORM = { algorithm: "SHA1", digits: 6, period: 30 } as const;
/** Clocks differ and people type: one step before and one after (RFC 6238 §5.2). */
const WINDOW = 1;

/** The secret of an app, to be shown once to its holder. */
export interface ShownTotp {
  /** Base32, for who cannot scan. */
  readonly secret: string;
  /** `otpauth:` as apps read it from a QR code. */
  readonly uri: string;
}

/** What the app calls it. */
export interface TotpLabel {
  readonly issuer: string;
  readonly account: string;
}

/**
 * Makes a secret of 160 bits (RFC 4226 §4, R6), which counts once a code of it is shown; one that was never used is
 * replaced.
 *
 * @param secretKeys the first seals
 * @throws Refusal `conflict` where an app is in use
 */
export async function beginTotp(
  db: Database,
  holder: Holder,
  label: TotpLabel,
  secretKeys: readonly Buffer[],
): Promise<ShownTotp> {
  const secret = new Secret({ size: 20 });
  const [kept] = await ofHolder(db, holder, keepTotp(holder, seal(secretKeys, secret.base32, contextOf(holder))));
  if (!kept) throw new Refusal("conflict", "An authenticator app is in use. Remove it before you add another.");
  return shown(secret, label);
}

/** The one that waits for its first code; undefined where none does. */
export async function waitingTotp(
  db: Database,
  holder: Holder,
  label: TotpLabel,
  secretKeys: readonly Buffer[],
): Promise<(ShownTotp & { readonly sealed: Buffer }) | undefined> {
  const [row] = await ofHolder(db, holder, factorsOf(holder));
  if (!row || row.totpSecret === null || row.totpConfirmedAt !== null) return undefined;
  const secret = Secret.fromBase32(unseal(secretKeys, row.totpSecret, contextOf(holder)));
  return { ...shown(secret, label), sealed: row.totpSecret };
}

/**
 * The statement that takes a code, once; undefined for one that is not right at this time.
 *
 * @param first whether the app waits for its first code
 */
export function codeOf(
  holder: Holder,
  { sealed, code, now, first }: { sealed: Buffer; code: string; now: Date; first: boolean },
  secretKeys: readonly Buffer[],
): ReturnType<typeof takeTotp> | undefined {
  const token = code.replaceAll(/\s/g, "");
  if (!/^\d{6}$/.test(token)) return undefined;
  const secret = Secret.fromBase32(unseal(secretKeys, sealed, contextOf(holder)));
  const timestamp = now.getTime();
  const delta = TOTP.validate({ ...FORM, token, secret, timestamp, window: WINDOW });
  if (delta === null) return undefined;
  const step = TOTP.counter({ period: FORM.period, timestamp }) + delta;
  return takeTotp(holder, { sealed, step, now, first });
}

function shown(secret: Secret, { issuer, account }: TotpLabel): ShownTotp {
  // A colon parts issuer and account in the URI (the key URI format of the apps).
  const totp = new TOTP({ ...FORM, secret, issuer: issuer.replaceAll(":", " "), label: account });
  return { secret: secret.base32, uri: totp.toString() };
}

function contextOf(holder: Holder): string {
  return `totp:${holder.kind}:${holder.id}`;
}
