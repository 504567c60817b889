/**
 * The folded form of `base/fold.ts` in SQL. PostgreSQL's own lower() goes by the server's locale and version; here the
 * letters come from the same Unicode as on the JavaScript side, and only the normalisation is the server's (RFC 8265
 * §3.3 speaks of assigned code points alone, whose normalisation never changes).
 */
import { foldPart } from "../../base/fold.ts";
import type { Bind } from "./scimFilterTest.store.ts";

/** What `String.prototype.trim` takes away and NFKC leaves. */
const SPACES = "E' \\t\\n\\u000b\\f\\r\\u1680\\u2028\\u2029\\ufeff'";

/**
 * `foldPart` of a text, for comparison with a folded one.
 *
 * @param text SQL in COLLATE "C"; it is repeated, so a column
 * @param wanted the folded text that the result is searched for; undefined where its order is asked, which is dearer
 */
export function foldedPart(text: string, wanted: string | undefined, bind: Bind): string {
  const { upper, lower } = loweringFor(wanted);
  const lowered = `translate(lower(normalize(${text}, NFKC)), ${bind(upper)}::text, ${bind(lower)}::text)`;
  // Of all letters only U+0130 becomes two.
  const folded = `normalize(replace(${lowered}, E'\\u0130', E'i\\u0307'), NFKC)`;
  return `(case when octet_length(${text}) = length(${text}) then lower(${text}) else ${folded} end)`;
}

/** The same without its outer spaces, as `fold` is. */
export function trimmed(folded: string): string {
  return `btrim(${folded}, ${SPACES})`;
}

/** The arguments of translate(): letters, and at the same places what they become. */
interface Lowering {
  readonly upper: string;
  readonly lower: string;
}

/**
 * The letters that matter where a folded text is searched for. A letter that becomes nothing of which `wanted` is made
 * may stay as it is, for it matches nothing either way; translate() goes through the list for each character, and the
 * whole list made a search some 25 times slower. A mark at the beginning of `wanted` needs it: it might be found behind
 * such a letter, with which it would otherwise have become one character.
 */
function loweringFor(wanted: string | undefined): Lowering {
  if (wanted === undefined || /^\p{M}/u.test(wanted)) return join(letters());
  if (!/\P{ASCII}/u.test(wanted)) return join([]);
  const parts = new Set(wanted.normalize("NFKD"));
  return join(letters().filter((letter) => letter.parts.every((part) => parts.has(part))));
}

interface Letter {
  readonly upper: string;
  readonly lower: string;
  /** Of what the lower-case letter is made. */
  readonly parts: readonly string[];
}

function join(list: readonly Letter[]): Lowering {
  return { upper: list.map(({ upper }) => upper).join(""), lower: list.map(({ lower }) => lower).join("") };
}

let known: readonly Letter[] | undefined;

/** Every letter beyond ASCII that NFKC leaves and folding changes, to one other; made once, in some 20 ms. */
function letters(): readonly Letter[] {
  known ??= [...candidates()].flatMap((upper) => {
    const lower = foldPart(upper);
    const isOne = lower !== upper && Array.from(lower).length === 1 && upper.normalize("NFKC") === upper;
    return isOne ? [{ upper, lower, parts: Array.from(lower.normalize("NFKD")) }] : [];
  });
  return known;
}

/** Letters with case stand on the first two planes of Unicode. */
function* candidates(): Generator<string> {
  for (let point = 0x80; point < 0x20000; point++) {
    const character = String.fromCodePoint(point);
    if (/[\p{Changes_When_Lowercased}\u03c2]/u.test(character)) yield character;
  }
}
