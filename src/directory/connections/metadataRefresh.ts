/**
 * Identity providers change their keys and say so in their metadata: where a connection knows its address, it is read
 * again on a schedule. What cannot be read, or says something else, leaves the last good one in force.
 */
import { isDeepStrictEqual } from "node:util";
import { isRefusal, Refusal } from "../../base/errors.ts";
import { event } from "../../events/event.ts";
import type { Handlers } from "../../events/jobs.ts";
import { atIntervals, inBatches, type Intervals } from "../../events/intervals.ts";
import { enqueue } from "../../events/jobs.store.ts";
import { record } from "../../events/journal.store.ts";
import type { Logger } from "../../http/logger.ts";
import { asTenant } from "../../storage/asTenant.ts";
import { acrossTenants, inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Who } from "../../storage/types.ts";
import {
  type Connection,
  connectionRow,
  lockConnection,
  type SamlProvider,
  updateConnectionRow,
} from "./connections.store.ts";
import { type MetadataState, takeDueMetadata, writeMetadataState } from "./metadataRefresh.store.ts";

/** A document as it was read, and when it is to be read again. */
export interface MetadataRead {
  readonly saml: SamlProvider;
  readonly refreshAt: Date;
}

/** Reads the document at an address. @throws Refusal with words that say what is wrong with it */
export type ReadMetadata = (url: string, now: Date) => Promise<MetadataRead>;

/** What is known of a document that was just read; null for data that comes from no address. */
export function stateAfter(refreshAt: Date | null, now: Date): MetadataState {
  const metadataRefreshedAt = refreshAt === null ? null : now;
  return { metadataRefreshedAt, metadataError: null, metadataDueAt: refreshAt };
}

const REFRESH = "connection.metadata";
const HOUR_MS = 3_600_000;
/** No later than this is a document read that is due. */
const EVERY_MS = 600_000;
/** Connections of one transaction. */
const AT_ONCE = 100;

/** Asks for each document that is due, of all tenants, by a job of its own; answers how many. */
export async function askForMetadata(db: Database, now: Date, atOnce = AT_ONCE): Promise<number> {
  return inBatches(atOnce, () =>
    acrossTenants(db, { actor: { type: "system" }, now }, async (wide) => {
      const due = await wide.trx.run(takeDueMetadata(now, atOnce));
      for (const { tenantId, connectionId } of due.filter(({ isAlive }) => isAlive)) {
        const job = { kind: REFRESH, key: `${REFRESH}:${connectionId}`, payload: { connectionId } };
        await asTenant(db, wide, tenantId, (scope) => enqueue(scope, job));
      }
      return due.length;
    }),
  );
}

/** The same at the start and every ten minutes until it is stopped; several processes take what each finds unlocked. */
export function startMetadataRefresh({ db, log }: { readonly db: Database; readonly log: Logger }): Intervals {
  return atIntervals(
    EVERY_MS,
    async () => void (await askForMetadata(db, new Date())),
    log,
    "metadata that is due cannot be read again, and will be in ten minutes",
  );
}

/** The handler of those jobs. */
export function metadataJobs(db: Database, read: ReadMetadata): Handlers {
  return {
    [REFRESH]: {
      outside: async ({ tenantId, payload }) => {
        const who = { tenantId, actor: { type: "system" }, now: new Date() } as const;
        await refreshMetadata(db, read, who, String(payload["connectionId"]));
      },
    },
  };
}

/** Reads a connection's metadata again, outside any transaction, and writes down what came of it. */
export async function refreshMetadata(db: Database, read: ReadMetadata, who: Who, id: string): Promise<void> {
  const [[known]] = await onceInTenant(db, who, connectionRow(who.tenantId, id));
  const url = known?.saml?.metadataUrl ?? null;
  if (url === null) return;
  const outcome = await read(url, who.now).catch(faultOf);
  await inTenant(db, who, async (scope) => {
    const [before] = await scope.trx.run(lockConnection(who.tenantId, id));
    // Somebody has said something else meanwhile.
    if (!before?.saml || before.saml.metadataUrl !== url) return;
    const fault = outcome instanceof Refusal ? outcome.message : faultIn(before.saml, outcome.saml);
    if (outcome instanceof Refusal || fault !== null) return keepLastGood(scope, before, fault ?? "");
    await take(scope, before, outcome);
  });
}

/** That it was not its turn in time says nothing of the document: the job comes again. */
function faultOf(error: unknown): Refusal {
  if (isRefusal(error, "invalid_request")) return error;
  throw error;
}

/** Another entity is another organisation, whose people would be taken for those of this one. */
function faultIn(before: SamlProvider, after: SamlProvider): string | null {
  if (after.entityId === before.entityId) return null;
  return `The document is now of another entity: ${after.entityId}. If that is meant, enter it anew.`;
}

async function take(scope: Scope, before: Connection, { saml, refreshAt }: MetadataRead): Promise<void> {
  const { tenantId, trx, now } = scope;
  if (!isDeepStrictEqual(before.saml, saml)) {
    // It keeps its status: what was tested was this address, and keys roll over.
    await trx.run(updateConnectionRow(tenantId, { ...before, saml, updatedAt: now }, undefined));
    const target = { type: "connection", id: before.id } as const;
    await record(scope, event(scope, "connection.updated", target, { attributes: ["saml"] }));
  }
  await trx.run(writeMetadataState(tenantId, before.id, stateAfter(refreshAt, now)));
}

/** Told once, until it can be read again. */
async function keepLastGood(scope: Scope, before: Connection, fault: string): Promise<void> {
  const { tenantId, trx, now } = scope;
  const { metadataRefreshedAt, metadataError } = before;
  const state = { metadataRefreshedAt, metadataError: fault, metadataDueAt: new Date(now.getTime() + HOUR_MS) };
  await trx.run(writeMetadataState(tenantId, before.id, state));
  if (metadataError !== null) return;
  await record(scope, event(scope, "connection.metadata_failed", { type: "connection", id: before.id }, { fault }));
}
