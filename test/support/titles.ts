/** The titles of the cases, as the pages of docs/ name them. */
import { readdirSync, readFileSync } from "node:fs";

const root = new URL("../", import.meta.url);

/** What a test file calls its cases and groups. */
export interface Titles {
  /** Below test/, without its ending. */
  readonly file: string;
  readonly titles: readonly string[];
}

/** What strings of a test file say that may be a title; `…` stands for what differs. */
export function titlesIn(text: string): string[] {
  const strings = [...text.matchAll(/"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)];
  return strings
    .map(([, plain, template]) => (plain ?? template ?? "").replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, "…"))
    .filter((title) => title.includes(" "));
}

/** Those of all test files. */
export function allTitles(): Titles[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => path.replaceAll("\\", "/"))
    .toSorted()
    .map((path) => ({ file: path.replace(/\.test\.ts$/, ""), titles: titlesIn(readTest(path)) }));
}

/** @param path below test/ */
export function readTest(path: string): string {
  return readFileSync(new URL(path, root), "utf8");
}

/** A title in a cell of a table. */
export function cell(text: string): string {
  return text.replaceAll(/[\\|*_<>`[\]]/g, "\\$&").replaceAll("\n", " ");
}
