/** `docs/rules.md`, made from the titles of the cases. */
import { doorRules } from "./doorRules.ts";
import { allTitles, cell } from "./titles.ts";

/** Titles of one file that name a rule. */
export interface Shown {
  readonly file: string;
  readonly title: string;
}

const NAMED = /\brules? (\d{1,2}(?:(?:,? and |,? to |, )\d{1,2})*)/g;

/** The rules that a title names: `rule 5`, `rules 1, 2 and 17`, `rules 2 to 4`. */
export function rulesIn(title: string): number[] {
  const lists = [...title.matchAll(NAMED)].map(([, list = ""]) => list);
  return [...new Set(lists.flatMap((list) => list.split(/,? and |, (?!to)/).flatMap(spanned)))];
}

function spanned(part: string): number[] {
  const [first = 0, last = first] = part.split(/,? to /).map(Number);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Their cases hold samples of titles. */
const SAMPLES = ["rules", "features"];

/** The cases and groups of cases of each rule. */
export function casesByRule(): Map<number, Shown[]> {
  const found = new Map<number, Shown[]>();
  for (const { file, titles } of allTitles().filter((each) => !SAMPLES.includes(each.file))) {
    for (const title of titles) {
      for (const rule of rulesIn(title)) found.set(rule, [...(found.get(rule) ?? []), { file, title }]);
    }
  }
  return found;
}

/** The page as Markdown. */
export function rulesPage(cases: ReadonlyMap<number, readonly Shown[]> = casesByRule()): string {
  const parts = Object.entries(doorRules).map(([rule, says]) => {
    const shown = (cases.get(Number(rule)) ?? []).map(({ file, title }) => `- ${file}: ${cell(title)}`);
    return `## Rule ${rule}\n\n${says}\n\n${shown.join("\n") || "No case yet."}\n`;
  });
  return `# The rules of the door

Who becomes what, and who gets a seat: every entrance asks the same rules, which the sources name by their numbers. Below each
stand the cases, and groups of cases, whose titles name it: files below \`test/\`, with \`…\` for what differs. This page is made by
\`node scripts/pages.mjs\`.

${parts.join("\n")}`;
}
