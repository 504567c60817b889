/**
 * The lines of reads and refusals on their way to the log: gathered, and written for all tenants at once within a
 * second. Those of writes are in the transactions of the writes and not here; a process that is killed loses what it
 * read and refused in its last moment, and nothing that it did.
 */
import { isRefusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { Logger } from "../../http/logger.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { noPerson, type ProvisioningLine } from "./provisioningLine.ts";
import { insertLines } from "./provisioningLog.store.ts";
import { countRepeats } from "./provisioningRepeats.ts";

const FLUSH_MS = 500;
/** Lines of one statement: a megabyte of JSON at most. */
const AT_ONCE = 1_000;
/** Reads that wait, at most: some seconds of all that a process can answer. */
const MOST_READS = 20_000;

/** The provisioning log of this process. */
export interface ProvisioningLog {
  add(line: ProvisioningLine): void;
  /** Writes what there is now; resolves when it is written. */
  flush(): Promise<void>;
  /** The same with all that was only counted so far; what is added later is not kept. */
  stop(): Promise<void>;
}

/** What the log needs. */
export interface ProvisioningLogParts {
  readonly db: Database;
  readonly log: Logger;
  /** Reads that wait, at most; 20,000 unless given. */
  readonly mostReads?: number;
}

/** Opens the log of this process. */
export function keepProvisioningLog({ db, log, mostReads = MOST_READS }: ProvisioningLogParts): ProvisioningLog {
  const repeats = countRepeats();
  /** Refused writes, none of which is dropped: a token's rate bounds them, and without a database nobody has a token. */
  let kept: ProvisioningLine[] = [];
  let reads: ProvisioningLine[] = [];
  let dropped = new Map<string, Dropped>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let stopped = false;

  function add(line: ProvisioningLine): void {
    if (stopped) return;
    const lines = line.status === 401 || line.status === 429 ? repeats.take(line) : [line];
    for (const each of lines) hold(each);
    schedule();
  }

  function hold(line: ProvisioningLine): void {
    if (isDroppable(line)) addRead(line);
    else kept.push(line);
  }

  function addRead(line: ProvisioningLine): void {
    reads.push(line);
    if (reads.length <= mostReads) return;
    // Many at once, for each removal moves all that follow.
    for (const each of reads.splice(0, Math.ceil(mostReads / 10))) count(dropped, each);
  }

  function schedule(): void {
    if (timer !== undefined || stopped) return;
    timer = setTimeout(() => void flush(), FLUSH_MS);
    timer.unref();
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = (writing ?? Promise.resolve()).then(() => writeAll(Date.now()));
    return writing;
  }

  async function writeAll(now: number): Promise<void> {
    const lines = [...kept, ...reads, ...repeats.due(now), ...[...dropped.values()].map(linesDropped)];
    [kept, reads, dropped] = [[], [], new Map()];
    for (let at = 0; at < lines.length; at += AT_ONCE) {
      if (await wrote({ db, log }, lines.slice(at, at + AT_ONCE))) continue;
      lines.slice(at).forEach(hold);
      break;
    }
    if (kept.length + reads.length > 0 || repeats.waits()) schedule();
  }

  async function stop(): Promise<void> {
    stopped = true;
    kept.push(...repeats.due(Infinity));
    await flush();
  }

  return { add, flush, stop };
}

/** False where the database cannot be reached: the lines wait. Others would fail for ever and are given up. */
async function wrote({ db, log }: ProvisioningLogParts, lines: readonly ProvisioningLine[]): Promise<boolean> {
  try {
    await acrossTenants(db, { actor: { type: "system" }, now: new Date() }, ({ trx }) => trx.run(insertLines(lines)));
    return true;
  } catch (err) {
    const unreachable = isRefusal(err, "unavailable");
    const told = unreachable ? "lines of the provisioning log wait" : "lines of the provisioning log are lost";
    log.error({ err, lines: lines.length }, told);
    return !unreachable;
  }
}

/** Reads, and what anybody may send who has no token. */
function isDroppable({ method, status }: ProvisioningLine): boolean {
  return status < 400 || status === 401 || method === "GET" || method === "HEAD";
}

interface Dropped {
  readonly first: ProvisioningLine;
  times: number;
}

function count(dropped: Map<string, Dropped>, line: ProvisioningLine): void {
  const known = dropped.get(line.tenantId);
  if (known) known.times += line.times;
  else dropped.set(line.tenantId, { first: line, times: line.times });
}

/** What a tenant reads in place of the lines that it lacks. */
function linesDropped({ first, times }: Dropped): ProvisioningLine {
  const detail = `${times} reads are not in the log: more came than could be written.`;
  const nobody = { ...noPerson, resourceId: null, found: null, query: null, tolerated: [], scimType: null };
  return { ...first, ...nobody, id: newId(first.at), detail, times, path: "" };
}
