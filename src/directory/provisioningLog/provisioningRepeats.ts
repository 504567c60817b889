import type { ProvisioningLine } from "./provisioningLine.ts";

/** Of one kind so many are kept one by one in each window; the others are counted in one line at its end. */
const ONE_BY_ONE = 10;
const WINDOW_MS = 60_000;
/** Kinds at a time: more would be made by somebody who guesses tenants. */
const MOST_KINDS = 10_000;

interface Repeated {
  readonly until: number;
  seen: number;
  /** Those that were counted only. */
  hidden: number;
  last: ProvisioningLine;
}

/** Keeps a flood of like refusals (401, 429) from filling the log. */
export interface Repeats {
  /** The lines to be written now: this one, or none while it is only counted. */
  take(line: ProvisioningLine): ProvisioningLine[];
  /** The counted lines of windows that are over at this time; with `Infinity` all. */
  due(now: number): ProvisioningLine[];
  /** Whether something is counted that is not told yet. */
  waits(): boolean;
}

/** Opens the counts of one process. */
export function countRepeats(): Repeats {
  const kinds = new Map<string, Repeated>();

  function take(line: ProvisioningLine): ProvisioningLine[] {
    const kind = `${line.tenantId} ${line.tokenId ?? ""} ${line.status}`;
    const now = line.at.getTime();
    const known = kinds.get(kind);
    if (known && now < known.until) return again(known, line);
    kinds.delete(kind);
    const ended = [...counted(known), ...makeRoom()];
    kinds.set(kind, { until: now + WINDOW_MS, seen: 1, hidden: 0, last: line });
    return [...ended, line];
  }

  /** The oldest window goes, told if it has counted something. */
  function makeRoom(): ProvisioningLine[] {
    const [oldest] = kinds;
    if (!oldest || kinds.size < MOST_KINDS) return [];
    kinds.delete(oldest[0]);
    return counted(oldest[1]);
  }

  function due(now: number): ProvisioningLine[] {
    const over = [...kinds].filter(([, { until }]) => until <= now);
    for (const [kind] of over) kinds.delete(kind);
    return over.flatMap(([, known]) => counted(known));
  }

  return { take, due, waits: () => [...kinds.values()].some(({ hidden }) => hidden > 0) };
}

function again(known: Repeated, line: ProvisioningLine): ProvisioningLine[] {
  known.seen++;
  if (known.seen <= ONE_BY_ONE) return [line];
  known.hidden++;
  known.last = line;
  return [];
}

function counted(known: Repeated | undefined): ProvisioningLine[] {
  return known && known.hidden > 0 ? [{ ...known.last, times: known.hidden }] : [];
}
