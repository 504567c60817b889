import { hashToken, newSecret } from "../../base/secrets.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { insertChallenge, takeChallenge } from "./passkeyChallenges.store.ts";

/** As long as a sign-in may take: a phone that must be found included. */
const SECONDS = 900;

/** For what, and in whose hands: a challenge that was made for one browser or session is worth nothing in another. */
export interface Binding {
  readonly purpose: "add" | "signIn" | "secondFactor" | "proof";
  /** The secret of the browser, or the id of the session or step. */
  readonly secret: string;
}

/** A new challenge of 256 random bits (WebAuthn §13.4.3), base64url. */
export async function newChallenge(db: Database, now: Date, binding: Binding): Promise<string> {
  const challenge = newSecret();
  const expiresAt = new Date(now.getTime() + SECONDS * 1000);
  const insert = insertChallenge(hashToken(challenge), hashOf(binding), now, expiresAt);
  await acrossTenants(db, { actor: { type: "system" }, now }, ({ trx }) => trx.run(insert));
  return challenge;
}

/** Whether a challenge is one of these hands; it is spent by asking. */
export async function spendChallenge(db: Database, now: Date, challenge: string, binding: Binding): Promise<boolean> {
  const take = takeChallenge(hashToken(challenge), hashOf(binding), now);
  const taken = await acrossTenants(db, { actor: { type: "system" }, now }, ({ trx }) => trx.run(take));
  return taken.length > 0;
}

function hashOf({ purpose, secret }: Binding): Buffer {
  return hashToken(`passkey:${purpose}:${secret}`);
}
