/** `docs/features.md`, made from the titles of the cases. */
import { allTitles, cell, type Titles } from "../titles.ts";
import { activeUsers } from "./activeUsers.ts";
import { alsoShown } from "./alsoShown.ts";
import { assignedAgents } from "./assignedAgents.ts";
import { everyEntry } from "./everyEntry.ts";
import { REASONS, type Feature, type Features } from "./feature.ts";
import { helpDesk } from "./helpDesk.ts";
import { paidSeats } from "./paidSeats.ts";

const sources: readonly (readonly [title: string, preset: string, features: Features])[] = [
  ["S0: an organisation and its active users", "seat-per-active-user", activeUsers],
  ["S1: a tenant and its list of users", "seat-per-entry", everyEntry],
  ["S2: a help desk and its teams", "seat-from-invitation", helpDesk],
  ["S3: a workspace and its paid seats", "seat-by-role", paidSeats],
  ["S4: an account and its assigned agents", "no-seats", assignedAgents],
];

/** Every item by its number. */
export const features: Features = Object.assign({}, ...sources.map(([, , items]) => items)) as Features;

/** A case that shows items. */
export interface Shown {
  readonly file: string;
  readonly title: string;
}

/** A title holds items at its beginning, as `S1.2 S0.6 …`, or in brackets, as `… (S2.9, S2.10)`. */
const AT_START = /^(?:S\d\.\d+ )+/;
const IN_BRACKETS = /\(([^()]*\bS\d\.\d+\b[^()]*)\)/g;

/** The items that a title names. */
export function itemsOf(title: string): string[] {
  const places = [
    AT_START.exec(title)?.[0] ?? "",
    ...[...title.matchAll(IN_BRACKETS)].map(([, inside = ""]) => inside),
  ];
  return [...new Set(places.flatMap((place) => place.match(/\bS\d\.\d+\b/g) ?? []))];
}

/** The cases that show each item: those that name it, then those that are named beside it. */
export function casesByItem(all: readonly Titles[] = allTitles()): ReadonlyMap<string, readonly Shown[]> {
  const found = new Map<string, Shown[]>();
  const show = (item: string, one: Shown): void => void found.set(item, [...(found.get(item) ?? []), one]);
  // This page's own cases hold samples of titles.
  for (const { file, titles } of all.filter((each) => each.file !== "features")) {
    for (const title of new Set(titles)) for (const item of itemsOf(title)) show(item, { file, title });
  }
  for (const [item, names] of Object.entries(alsoShown)) for (const name of names) show(item, shownBy(name));
  return found;
}

/** A case by its name, `file: title`. */
export function shownBy(name: string): Shown {
  const colon = name.indexOf(": ");
  return { file: name.slice(0, colon), title: name.slice(colon + 2) };
}

/** What becomes of an item: open where nothing shows it and no reason refuses it. */
export function stateOf(feature: Feature, cases: readonly Shown[]): "works" | "application" | "refused" | "open" {
  const [, state = "works"] = feature;
  if (state === "refused") return "refused";
  return cases.length === 0 ? "open" : state;
}

/** The page as Markdown. */
export function featuresPage(cases: ReadonlyMap<string, readonly Shown[]> = casesByItem()): string {
  return `# Features

What five products of this kind offer for members, roles and seats, item by item, and what becomes of it here. \`works\`: Usher does it, by API;
\`application\`: it is the application's own, which Usher enables to by what the row names; \`refused\`: it is not built, for the reason linked. Each row
names cases that show it: files below \`test/\`, with their titles (\`…\` stands for what differs). A preset sets a tenant up like each of the five
([presets](presets.md)), and one walk through each goes from its beginning to its end. Made from the cases by \`node scripts/pages.mjs\`; a test fails
where this page and the cases differ, and where an item has neither a case nor a reason.

${sources.map(([title, preset, items]) => section(title, preset, items, cases)).join("\n")}`;
}

function section(title: string, preset: string, items: Features, cases: ReadonlyMap<string, readonly Shown[]>): string {
  const lines = Object.entries(items).map(([item, feature]) => line(item, feature, cases.get(item) ?? []));
  return `## ${title}

Preset \`${preset}\`.

| item | what | state | shown by |
| --- | --- | --- | --- |
${lines.join("\n")}
`;
}

/** Of an item with many cases the page shows so many. */
const MOST = 4;

function line(item: string, feature: Feature, cases: readonly Shown[]): string {
  const [what, declared, more] = feature;
  const state = stateOf(feature, cases);
  const shown = cases.slice(0, MOST).map(({ file, title }) => `\`${file}\` ${cell(bare(title))}`);
  const rest = cases.length > MOST ? [`and ${cases.length - MOST} more`] : [];
  const how = declared === "application" ? [`By ${more}.`] : [];
  const told = state === "refused" ? `[${more}](${REASONS}#${more})` : [...how, ...shown, ...rest].join("<br>");
  return `| ${item} | ${what} | ${state} | ${told} |`;
}

/** A title without the items that it names. */
function bare(title: string): string {
  return title.replace(AT_START, "").replaceAll(/ \((?:S\d\.\d+(?:, )?)+\)/g, "");
}
