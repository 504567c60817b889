/** `docs/security.md`, made from the titles of the cases. */
import { rows, wrappings, type Row } from "./securityRows.ts";
import { allTitles, cell, readTest, titlesIn } from "./titles.ts";

/** A case, or a group of cases, that is named for rows. */
export interface NamedCase {
  /** Below test/, without its ending. */
  readonly file: string;
  readonly title: string;
  readonly rows: readonly string[];
}

/** A title holds its rows at its beginning, as `S23: …`, or in brackets, as `… (T18)`. */
const AT_START = /^((?:[SOT]\d{2}(?:, )?)+): /;
const IN_BRACKETS = /\(([^()]*\b[SOT]\d{2}\b[^()]*)\)/g;
const WRAPPINGS = "is not carried over to a forged part by";

/** The cases of a test file: what its strings say that look like a title with a row. */
export function casesIn(file: string, text: string): NamedCase[] {
  return titled(file, titlesIn(text));
}

function titled(file: string, titles: readonly string[]): NamedCase[] {
  return titles.flatMap((title) => {
    const named = rowsOf(title);
    return named.length > 0 ? [{ file, title: title.replace(AT_START, ""), rows: named }] : [];
  });
}

function rowsOf(title: string): string[] {
  const bracketed = [...title.matchAll(IN_BRACKETS)].map(([, inside = ""]) => inside);
  const places = [AT_START.exec(title)?.[1] ?? "", ...bracketed];
  return [...new Set(places.flatMap((place) => place.match(/\b[SOT]\d{2}\b/g) ?? []))];
}

/** The cases of all test files. */
export function namedCases(): NamedCase[] {
  return allTitles()
    .filter(({ file }) => file !== "security")
    .flatMap(({ file, titles }) => titled(file, titles));
}

/** The page as Markdown. */
export function securityPage(cases: readonly NamedCase[] = namedCases()): string {
  const lines = Object.entries(rows).map(([id, row]) =>
    line(
      id,
      row,
      cases.filter((each) => each.rows.includes(id)),
    ),
  );
  const wrapped = readTest("saml/signature.test.ts").includes(WRAPPINGS)
    ? [{ file: "saml/signature", title: `${WRAPPINGS} …`, rows: [] }]
    : [];
  const table = [line("S01–S10", wrappings, wrapped), ...lines];
  return `# Security of the door

What is tried against sign-in, and the cases that show that it fails: files below \`test/\`, with their titles (\`…\` stands for what differs). \`library\`
means that the library that checks signatures refuses by itself, and the case is there so that it stays so; \`Usher\`, that the library would let it
through; \`both\`, that each sees a part. Whatever is refused leaves no session, no member and no seat behind, and a line in the sign-in log with a
code of its own. Made from the cases by \`node scripts/pages.mjs\`; a test fails where this page and the cases differ.

A row without a case says so. S is SAML, O is OpenID Connect, T is tenants and accounts.

| row | what is tried | refused by | shown by |
| --- | --- | --- | --- |
${table.join("\n")}
`;
}

/** Of a row with many cases the page shows so many. */
const SHOWN = 6;

function line(id: string, [what, by, awaits]: Row, cases: readonly NamedCase[]): string {
  const shown = cases.slice(0, SHOWN).map(({ file, title }) => `\`${file}\` ${cell(title)}`);
  const none = awaits === undefined ? "no case of its own yet" : `there is no ${awaits} yet`;
  const more = cases.length > SHOWN ? [`and ${cases.length - SHOWN} more`] : [];
  return `| ${id} | ${what} | ${by} | ${[...shown, ...more].join("<br>") || none} |`;
}
