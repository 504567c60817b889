/** By what directories authenticate without a SCIM token that somebody copied: OAuth clients, and Entra ID's own tokens. */
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { hashToken, newSecret } from "../../base/secrets.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, violatedUnique } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { type IdPage, type PageWanted, readIdPage } from "../members/idPage.ts";
import { checkExpiry, writtenBy } from "../tenants/credential.ts";
import {
  countMachineCredentials,
  deleteMachineCredential,
  type EntraTrust,
  insertMachineCredential,
  type MachineCredential,
  machineCredentialsAfter,
} from "./machineCredentials.store.ts";
import { forgetScimTokens } from "./scimTokenCache.ts";
import { directoryFor } from "./scimTokens.ts";

/** What a new credential is to be; without a directory it is for the tenant's first. */
export interface NewMachineCredential extends Pick<MachineCredential, "name" | "dialect" | "expiresAt"> {
  readonly directoryId: string | null;
  /** Whose tokens are to be taken; null = an OAuth client. */
  readonly entra: EntraTrust | null;
}

/** A credential that was made; `secret` is the client's, which is nowhere else. */
interface MadeMachineCredential {
  readonly credential: MachineCredential;
  readonly secret: string | null;
}

/**
 * Makes a credential for a directory.
 *
 * @throws Refusal `not_found` for an unknown directory, `invalid_request` for an expiry in the past, `conflict` for a
 *   second Entra tenant at one directory
 */
export async function createMachineCredential(
  db: Database,
  who: Who,
  wanted: NewMachineCredential,
): Promise<MadeMachineCredential> {
  checkExpiry(wanted.expiresAt, who.now);
  const secret = wanted.entra === null ? newSecret() : null;
  const made = inTenant(db, who, async (scope) => {
    const directoryId = await directoryFor(scope, wanted.directoryId);
    const credential = newCredential(who, directoryId, wanted);
    await scope.trx.run(insertMachineCredential(who.tenantId, credential, secret === null ? null : hashToken(secret)));
    const { id, kind, name, dialect, expiresAt } = credential;
    const data = { name, kind, directoryId, dialect, expiresAt };
    await record(scope, event(who, "machine_credential.created", { type: "machine_credential", id }, data));
    return { credential, secret };
  });
  return onePerDirectory(made);
}

function newCredential(who: Who, directoryId: string, wanted: NewMachineCredential): MachineCredential {
  const { name, dialect, entra, expiresAt } = wanted;
  const kind = entra === null ? "client" : "entra";
  const made = { createdBy: writtenBy(who.actor), createdAt: who.now, lastUsedAt: null };
  return { id: newId(who.now), directoryId, kind, name, dialect, entra, expiresAt, ...made };
}

async function onePerDirectory<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (violatedUnique(error) !== "machine_credentials_entra") throw error;
    const detail = "This directory takes the tokens of an Entra tenant already. Delete that credential first.";
    throw new Refusal("conflict", detail);
  }
}

/** The tenant's credentials, without their secrets. */
export function listMachineCredentials(db: Database, who: Who, page: PageWanted): Promise<IdPage<MachineCredential>> {
  const { tenantId } = who;
  const list = (after: string, most: number) => machineCredentialsAfter(tenantId, after, most);
  return readIdPage(db, who, page, list, countMachineCredentials(tenantId));
}

/**
 * Ends a credential with all tokens that were given for it: here at once, in other processes within five seconds.
 *
 * @throws Refusal `not_found`
 */
export async function revokeMachineCredential(db: Database, who: Who, id: string): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const [gone] = await scope.trx.run(deleteMachineCredential(who.tenantId, id));
    if (!gone) throw new Refusal("not_found", `no machine credential ${id}`);
    await record(scope, event(who, "machine_credential.revoked", { type: "machine_credential", id }, { ...gone }));
  });
  forgetScimTokens(db, ({ tokenId }) => tokenId === id);
}
