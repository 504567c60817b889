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
  readonly scenario: string;
  readonly title: string;
  readonly users: number;
  readonly bare: Figures;
  readonly usher: Figures;
  /** Median over the rounds of Usher's requests a second to the bare server's just before. */
  readonly ratio: number;
  readonly target: number | null;
}

/** The size that the targets are set for. */
const TARGET_SIZE = 10_000;

/** The figures of a measured scenario. */
export function resultOf({ scenario, size, bare, usher }: Measured): Result {
  return {
    scenario: scenario.name,
    title: scenario.title,
    users: size,
    bare: figuresOf(bare),
    usher: figuresOf(usher),
    ratio: median(usher.map((round, i) => round.perSecond / (bare[i]?.perSecond ?? NaN))),
    target: size === TARGET_SIZE ? (scenario.target ?? null) : null,
  };
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

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = NaN, high = NaN] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
}

/** The table of one size. */
export function table(results: readonly Result[]): string {
  const pair = (digits: number, of: (figures: Figures) => number) => {
    return ({ bare, usher }: Result): string => `${fixed(of(bare), digits)} / ${fixed(of(usher), digits)}`;
  };
  return render(results, [
    ["bare / Usher", ({ title }) => title],
    ["requests/s", pair(0, ({ perSecond }) => perSecond)],
    ["p50 ms", pair(1, ({ p50 }) => p50)],
    ["p99 ms", pair(1, ({ p99 }) => p99)],
    ["server CPU ms", pair(2, ({ serverCpu }) => serverCpu)],
    ["database CPU ms", pair(2, ({ databaseCpu }) => databaseCpu)],
    ["ratio", ({ ratio }) => fixed(ratio, 2)],
    ["target", verdict],
  ]);
}

function verdict({ ratio, target }: Result): string {
  if (target === null) return "";
  return `>= ${fixed(target, 2)} ${ratio >= target ? "reached" : "missed"}`;
}

/** How much longer Usher takes in the largest directory than in the smallest. */
export function flatness(results: readonly Result[]): string {
  const scenarios = [...new Set(results.map(({ title }) => title))];
  const sizes = results.map(({ users }) => users);
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  const at = (title: string, size: number): Figures | undefined =>
    results.find((result) => result.title === title && result.users === size)?.usher;
  const growth = (of: (figures: Figures) => number) => {
    return (title: string): string => {
      const [small, large] = [at(title, smallest), at(title, largest)];
      return small && large ? fixed(of(large) / of(small), 2) : "";
    };
  };
  return render(scenarios, [
    [`Usher, ${largest} users : ${smallest}`, (title) => title],
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
