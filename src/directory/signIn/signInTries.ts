import { hashToken } from "../../base/secrets.ts";
import { senderOf } from "../../base/sender.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { countAttempt, uncountAttempt } from "./passwordSignIn.store.ts";
import { SignInStopped } from "./signInStopped.ts";

/** How long tries are counted together, from the first one on. */
export const WINDOW_MINUTES = 15;

/** What is counted, and how many tries of it there are in a window. */
export interface Limit {
  /** What it is of, in words; only a hash is stored. */
  readonly key: string;
  readonly most: number;
}

/** Of one IP address, over all that it tries. */
const MOST_OF_ADDRESS = 100;

/** The limit of an address in the network; none where it is not known. */
export function limitOfAddress(ip: string | null): Limit[] {
  return ip === null ? [] : [{ key: `ip:${senderOf(ip)}`, most: MOST_OF_ADDRESS }];
}

/**
 * Takes a try before what is shown is looked at: of many at once no more than the limit are looked at.
 *
 * @throws SignInStopped `too_many_attempts`; the try is not counted then, so that a window ends
 */
export async function takeTry(db: Database, who: Pick<Who, "actor" | "now">, limits: readonly Limit[]): Promise<void> {
  await acrossTenants(db, who, async ({ trx }) => {
    for (const { key, most } of limits) {
      const [tries] = await trx.run(countAttempt(hashToken(key), who.now, WINDOW_MINUTES));
      if ((tries?.count ?? 0) > most) {
        throw new SignInStopped("too_many_attempts", `too many tries; wait ${WINDOW_MINUTES} minutes`);
      }
    }
  });
}

/** What was right is no guess: an office behind one address may sign in as often as it likes. */
export async function giveTryBack(
  db: Database,
  who: Pick<Who, "actor" | "now">,
  limits: readonly Limit[],
): Promise<void> {
  await acrossTenants(db, who, async ({ trx }) => {
    for (const { key } of limits) await trx.run(uncountAttempt(hashToken(key)));
  });
}
