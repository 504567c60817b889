/** What a standard asks of this server, and the cases that show it. */

/** The standard's own word; `decision` is ours, where it is silent or leaves a choice. */
export type Level = "MUST" | "SHOULD" | "MAY" | "decision";

/** A case: `folder/file: title`, the file below `test/` and without `.test.ts`; `*` in the title stands for any text. */
export type CaseName = `${string}: ${string}`;

/** One requirement, in our words. */
interface Requirement {
  readonly level: Level;
  /** As `RFC 7644 §3.3`. */
  readonly section: string;
  readonly text: string;
  /** Every one of them must be there and pass. */
  readonly cases: readonly [CaseName, ...CaseName[]];
}

/** Requirements on one subject. */
export interface Chapter {
  readonly title: string;
  readonly requirements: readonly Requirement[];
}

type Named = (section: string, text: string, ...cases: readonly [CaseName, ...CaseName[]]) => Requirement;

const at =
  (level: Level): Named =>
  (section, text, ...cases) => ({ level, section, text, cases });

export const must: Named = at("MUST");
export const should: Named = at("SHOULD");
export const may: Named = at("MAY");
export const decision: Named = at("decision");

/** The file of a case, from the project's root. */
export function fileOf(name: CaseName): string {
  return `test/${name.slice(0, name.indexOf(": "))}.test.ts`;
}

/** Whether a case of this title is meant. */
export function names(name: CaseName, title: string): boolean {
  const wanted = name.slice(name.indexOf(": ") + 2);
  const parts = wanted.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*")}$`).test(title);
}
