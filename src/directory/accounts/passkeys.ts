import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { violatedUnique } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { changeHolder, manageable, ofHolder } from "./factorHolder.ts";
import { displayNameOf } from "../members/member.ts";
import { additionAnswer } from "./passkeyAnswer.ts";
import { addedPasskey, additionOptions, challengeOf, type PasskeyOptions } from "./passkeyCeremony.ts";
import { newChallenge, spendChallenge } from "./passkeyChallenges.ts";
import { deletePasskey, insertPasskey, passkeysOf, renamePasskey } from "./passkeys.store.ts";
import { mailPerson } from "../members/personMail.ts";
import {
  firstCodes,
  removalOf,
  removed,
  tellAdded,
  tellRemoved,
  type Own,
  type ShownCodes,
} from "./secondFactorChanges.ts";

/** More than anybody carries; what a list and the browser's question can hold. */
const MOST = 20;

/** What a browser is asked for a new passkey of a session's member; good in that session alone. */
export async function beginPasskey(
  db: Database,
  who: Who,
  { session, member, holders }: Own,
  publicUrl: string,
): Promise<PasskeyOptions> {
  const { own: holder } = holders;
  const challenge = await newChallenge(db, who.now, { purpose: "add", secret: session.id });
  const known = await ofHolder(db, holder, passkeysOf(holder));
  const name = displayNameOf(member.scim);
  const person = { email: member.email ?? name, name };
  return additionOptions({ publicUrl, challenge }, holder, person, known);
}

/**
 * Keeps a passkey that a browser has made; with the first factor of a holder come recovery codes.
 *
 * @param given.credential what `navigator.credentials.create` answered, as JSON
 * @throws Refusal `invalid_request` for what is none, or answers no open question of this session, `conflict`
 */
export async function addPasskey(
  db: Database,
  who: Who,
  { session, member, holders }: Own,
  given: { readonly name: string; readonly credential: unknown },
  publicUrl: string,
): Promise<ShownCodes> {
  const answer = additionAnswer(given.credential);
  const challenge = challengeOf(answer);
  const binding = { purpose: "add", secret: session.id } as const;
  if (challenge === undefined || !(await spendChallenge(db, who.now, challenge, binding))) throw unfit();
  const added = await addedPasskey({ publicUrl, challenge }, answer);
  if (!added) throw unfit();
  const { own: holder } = holders;
  const name = nameOf(given.name);
  const passkey = { ...added, id: newId(who.now), name, createdAt: who.now };
  return changeHolder(
    db,
    who,
    holder,
    async (trx) => {
      if ((await trx.run(passkeysOf(holder))).length >= MOST) throw tooMany();
      await trx.run(insertPasskey(holder, passkey));
      return firstCodes(trx, holder);
    },
    async (scope) => {
      await tellAdded(scope, session.id, member.id, "passkey", holder);
      await mailPerson(scope, member.id, { message: "passkeyAdded", values: { passkey: name } });
    },
  ).catch(conflictWhereKnown);
}

/** Renames a passkey. @throws Refusal `not_found`, `invalid_request` */
export async function namePasskey(db: Database, { holders }: Own, id: string, name: string): Promise<void> {
  for (const holder of manageable(holders)) {
    if ((await ofHolder(db, holder, renamePasskey(holder, id, nameOf(name)))).length > 0) return;
  }
  throw new Refusal("not_found", "There is no such passkey.");
}

/** Removes a passkey. @throws Refusal `not_found`, `conflict` for the last factor of who must have one */
export async function removePasskey(db: Database, who: Who, own: Own, id: string): Promise<void> {
  const removal = await removalOf(db, own, ({ passkeys }) => passkeys.some((each) => each.id === id));
  const { holder } = removal;
  await changeHolder(
    db,
    who,
    holder,
    (trx) => removed(trx, removal, deletePasskey(holder, id)),
    async (scope, [gone]) => {
      if (!gone) return;
      await tellRemoved(scope, own.member.id, "passkey", holder);
      await mailPerson(scope, own.member.id, { message: "passkeyRemoved", values: { passkey: gone.name } });
    },
  );
}

const LONGEST_NAME = 60;

function nameOf(given: string): string {
  const name = given.trim();
  if (name !== "" && name.length <= LONGEST_NAME) return name;
  const message = `A passkey's name has 1 to ${LONGEST_NAME} characters.`;
  throw new Refusal("invalid_request", message, { errors: [{ path: "/name", message }] });
}

function unfit(): Refusal {
  return new Refusal("invalid_request", "This passkey was not made for this session and this server. Begin anew.");
}

function tooMany(): Refusal {
  return new Refusal("conflict", `There are ${MOST} passkeys. Remove one before you add another.`);
}

function conflictWhereKnown(error: unknown): never {
  if (violatedUnique(error)?.endsWith("_passkeys_credential")) {
    throw new Refusal("conflict", "This passkey is known already.");
  }
  throw error;
}
