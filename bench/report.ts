/** Figures from rounds, and how they are printed. */
import type { Measured, Round } from "./measure.ts";

/** One server in one scenario at one size: medians over the rounds, percentiles over all requests. */
interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly serverCpu: number;
  readonly databaseCpu: number;
}

/** A scenario at a size. */
export interface Result {
  /** Of the table that it stands in. */
  readonly heading: string;
  readonly title: string;
  readonly users: number;
  readonly bare: Figures;
  readonly usher: Figures;
  /** Median over the rounds of Usher's requests a second to the bare server's just before. */
  readonly ratio: number;
  readonly target: number | null;
  /** Median over the rounds of Usher's time a request to that of the first row's in the same round. */
  readonly growth: number;
  readonly flat: number | null;
}

/** The figures of what was measured in turn. */
export function resultsOf(heading: (users: number) => string, measured: readonly Measured[]): Result[] {
  return measured.map(({ scenario, size, bare, usher }) => ({
    heading: heading(size),
    title: scenario.title,
    users: size,
    bare: figuresOf(bare),
    usher: figuresOf(usher),
    ratio: median(usher.map((round, i) => round.perSecond / (bare[i]?.perSecond ?? NaN))),
    target: scenario.target ?? null,
    growth: median(usher.map((round, i) => (measured[0]?.usher[i]?.perSecond ?? NaN) / round.perSecond)),
    flat: scenario.flat ?? null,
  }));
}

function figuresOf(rounds: readonly Round[]): Figures {
  const latencies = rounds.flatMap((round) => round.latencies).sort((a, b) => a - b);
  return {
    perSecond: median(rounds.map((round) => round.perSecond)),
    p50: latencies[Math.floor(latencies.length * 0.5)] ?? NaN,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? NaN,
    serverCpu: median(rounds.map((round) => round.serverCpu)),
    databaseCpu: median(rounds.map((round) => round.databaseCpu)),
  };
}

/** NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = NaN, high = NaN] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
}

/** A table for each heading. */
export function tables(results: readonly Result[]): string {
  const headings = [...new Set(results.map(({ heading }) => heading))];
  return headings.map((each) => `${each}\n\n${table(results.filter(({ heading }) => heading === each))}`).join("\n\n");
}

function table(results: readonly Result[]): string {
  const pair = (digits: number, of: (figures: Figures) => number) => {
    return ({ bare, usher }: Result): string => `${fixed(of(bare), digits)} / ${fixed(of(usher), digits)}`;
  };
  const compared = results.some(({ flat }) => flat !== null);
  return render(results, [
    ["bare / Usher", ({ title }) => title],
    ["requests/s", pair(0, ({ perSecond }) => perSecond)],
    ["p50 ms", pair(1, ({ p50 }) => p50)],
    ["p99 ms", pair(1, ({ p99 }) => p99)],
    ["server CPU ms", pair(2, ({ serverCpu }) => serverCpu)],
    ["database CPU ms", pair(2, ({ databaseCpu }) => databaseCpu)],
    ["ratio", ({ ratio }) => fixed(ratio, 2)],
    ["target", ({ ratio, target }) => verdict(target, ">=", ratio)],
    ...(compared ? comparison : []),
  ]);
}

const comparison: readonly Column<Result>[] = [
  ["× first row", ({ growth }) => fixed(growth, 2)],
  ["target", ({ growth, flat }) => verdict(flat, "<=", growth)],
];

function verdict(target: number | null, relation: "<=" | ">=", value: number): string {
  if (target === null) return "";
  const isReached = relation === "<=" ? value <= target : value >= target;
  return `${relation} ${fixed(target, 2)} ${isReached ? "reached" : "missed"}`;
}

/** How much longer Usher takes in the largest directory than in the smallest, of what was measured in both. */
export function flatness(results: readonly Result[]): string {
  const sizes = results.map(({ users }) => users);
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  if (smallest >= largest) return "";
  const at = (size: number): Result[] => results.filter(({ users }) => users === size);
  const pairs = at(smallest).flatMap((small) =>
    at(largest).flatMap((large) => (large.title === small.title ? [{ title: small.title, small, large }] : [])),
  );
  const growth = (of: (figures: Figures) => number) => {
    return ({ small, large }: { small: Result; large: Result }): string => fixed(of(large.usher) / of(small.usher), 2);
  };
  return render(pairs, [
    [`Usher, ${largest} users : ${smallest}`, ({ title }) => title],
    ["time a request", growth(({ perSecond }) => 1 / perSecond)],
    ["server CPU", growth(({ serverCpu }) => serverCpu)],
    ["database CPU", growth(({ databaseCpu }) => databaseCpu)],
  ]);
}

type Column<T> = readonly [head: string, cell: (row: T) => string];

function render<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const lines = [columns.map(([head]) => head), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  const cells = (line: readonly string[]): string[] =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)));
  const rule = `|${widths.map((width, i) => `${i === 0 ? ":" : "-"}${"-".repeat(width)}${i === 0 ? "-" : ":"}`).join("|")}|`;
  const [head = "", ...body] = lines.map((line) => `| ${cells(line).join(" | ")} |`);
  return [head, rule, ...body].join("\n");
}

function fixed(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : "?";
}
