/** JSON text (RFC 8259) from strangers: what it must be before anything behind the surfaces reads it. */
import { isUtf8 } from "node:buffer";
import type { FieldFault, Refusal } from "../base/errors.ts";
import { jsonFaultOffset } from "./jsonFault.ts";

/** Makes the refusal of a malformed body in the surface's own terms. */
export type Malformed = (detail: string, errors: readonly FieldFault[]) => Refusal;

/** Deeper than any message of ours or of RFC 7643; recursion over a body is safe below it. */
const MAX_DEPTH = 64;
const BYTE_ORDER_MARK = "\uFEFF";
/** PostgreSQL stores neither U+0000 nor half a surrogate pair; RFC 7493 §2.1 forbids the latter in I-JSON. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;
/** Only an escape brings either in: RFC 8259 §7 forbids U+0000 unescaped, and UTF-8 encodes no surrogate (RFC 3629 §3). */
const ESCAPED = String.raw`\u`;

/**
 * The value of a JSON text of UTF-8 bytes (RFC 8259 §8.1).
 *
 * @throws what `malformed` makes: not UTF-8, not JSON, nested deeper than 64, U+0000, lone surrogates, `__proto__`
 */
export function parseJson(bytes: Buffer, malformed: Malformed): unknown {
  if (!isUtf8(bytes)) throw malformed("The body is not UTF-8 text. Send JSON encoded as UTF-8.", []);
  const decoded = bytes.toString("utf8");
  // RFC 8259 §8.1: "implementations that parse JSON texts MAY ignore the presence of a byte order mark".
  const text = decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(1) : decoded;
  const value = parseText(text, malformed);
  const flaw = flawIn(value, 0, text.includes(ESCAPED));
  if (flaw) throw malformed(`The body ${flaw.message}, at ${flaw.path || "its root"}.`, [flaw]);
  return value;
}

function parseText(text: string, malformed: Malformed): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw malformed(`The body is not JSON: ${whereItBreaks(text)}.`, []);
  }
}

/** In our own words, since V8's message quotes the body and seldom tells the place. */
function whereItBreaks(text: string): string {
  const offset = jsonFaultOffset(text);
  const before = text.slice(0, offset).split("\n");
  const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  const character = text.slice(offset, offset + 1);
  return character === "" ? `it ends too early, at ${place}` : `unexpected ${JSON.stringify(character)} at ${place}`;
}

/** The first thing in a parsed value that may not go further, with its JSON Pointer (RFC 6901). */
function flawIn(value: unknown, depth: number, escaped: boolean): FieldFault | undefined {
  if (typeof value === "string") return escaped && UNSTORABLE.test(value) ? unstorable() : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  if (depth === MAX_DEPTH) return { path: "", message: `is nested deeper than ${MAX_DEPTH} levels` };
  if (Array.isArray(value)) return flawInArray(value, depth, escaped);
  return flawInObject(value as Record<string, unknown>, depth, escaped);
}

function flawInArray(items: readonly unknown[], depth: number, escaped: boolean): FieldFault | undefined {
  for (let index = 0; index < items.length; index++) {
    const flaw = flawIn(items[index], depth + 1, escaped);
    if (flaw) return under(String(index), flaw);
  }
  return undefined;
}

function flawInObject(
  members: Readonly<Record<string, unknown>>,
  depth: number,
  escaped: boolean,
): FieldFault | undefined {
  for (const name of Object.keys(members)) {
    // JSON.parse makes it an own property; the first code that copies members by assignment would make it a prototype.
    if (name === "__proto__") return { path: "", message: 'has a member named "__proto__", which is not allowed' };
    if (escaped && UNSTORABLE.test(name)) return unstorable();
    const flaw = flawIn(members[name], depth + 1, escaped);
    if (flaw) return under(name, flaw);
  }
  return undefined;
}

function unstorable(): FieldFault {
  return { path: "", message: "holds U+0000 or half of a surrogate pair, which no text may" };
}

function under(name: string, flaw: FieldFault): FieldFault {
  return { path: `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}${flaw.path}`, message: flaw.message };
}
