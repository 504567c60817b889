/** `docs/conformance.md`, made from the requirements and from a run of their cases. */
import { type CaseName, fileOf, type Level, names } from "./requirement.ts";
import { chapters } from "./requirements.ts";

/** A case as it ran: its title, its file from the project's root, and whether it passed. */
interface Outcome {
  readonly file: string;
  readonly title: string;
  readonly passed: boolean;
}

/** Of one requirement: a case that is named and did not run is missing. */
type Status = "passes" | "FAILS" | "MISSING";

const LEVELS: readonly Level[] = ["MUST", "SHOULD", "MAY", "decision"];

const HEAD = "| what is asked | where | level | shown by | status |\n| --- | --- | --- | --- | --- |";

/** Every case that a requirement names, each once. */
export function namedCases(): CaseName[] {
  return [...new Set(chapters.flatMap(({ requirements }) => requirements.flatMap(({ cases }) => cases)))];
}

/** The page as Markdown; `outcomes` are all cases of a run. */
export function conformancePage(outcomes: readonly Outcome[]): string {
  return pageOf((cases) => statusOf(cases, outcomes));
}

/** The page as it is where every case is there and passes. */
export function passingPage(): string {
  return pageOf(() => "passes");
}

/** What became of each case that a requirement names. */
function statusOf(cases: readonly CaseName[], outcomes: readonly Outcome[]): Status {
  const ran = cases.map((name) => outcomes.filter(({ file, title }) => file === fileOf(name) && names(name, title)));
  if (ran.some(({ length }) => length === 0)) return "MISSING";
  return ran.flat().every(({ passed }) => passed) ? "passes" : "FAILS";
}

function pageOf(status: (cases: readonly CaseName[]) => Status): string {
  const sections = chapters.map(({ title, requirements }) => {
    const rows = requirements.map(
      ({ level, section, text, cases }) =>
        `| ${cell(text)} | ${section} | ${level} | ${cases.map(shown).join("<br>")} | ${status(cases)} |`,
    );
    return `## ${title}\n\n${HEAD}\n${rows.join("\n")}\n`;
  });
  return `# Conformance

What RFC 7643, RFC 7644 and RFC 9865 ask of the SCIM surface, and the cases that show it (a file below \`test/\`, and the title; \`*\` stands for any
text). A \`decision\` is ours, where a standard is silent or leaves a choice. Written by \`node scripts/conformance.mjs\`, which runs the cases; a test
fails where this page and the cases differ. How often each level occurs: ${tally()}.

${sections.join("\n")}`;
}

function tally(): string {
  const all = chapters.flatMap(({ requirements }) => requirements);
  return LEVELS.map((level) => `${all.filter((each) => each.level === level).length} ${level}`).join(", ");
}

function shown(name: CaseName): string {
  const [file = "", ...title] = name.split(": ");
  return `\`${file}\` ${cell(title.join(": ").replaceAll(/[*<\\_[\]]/g, (mark) => `\\${mark}`))}`;
}

/** Text in a cell of a table. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
