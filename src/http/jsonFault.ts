/** Where a text stops being JSON: `JSON.parse` says that it does, this says where. It runs only on broken texts. */

type Expected = "value" | "value or ]" | "name" | "name or }" | "colon" | "comma or end";
type Kind = "string" | "scalar" | "{" | "}" | "[" | "]" | "," | ":";

const WHITESPACE = /[ \t\n\r]*/y;
/** The tokens of RFC 8259 §2 to §7; in strings `[ !#-[\]-\uFFFF]` is the grammar's `unescaped`. */
const TOKEN =
  /"[ !#-[\]-\uFFFF]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[ !#-[\]-\uFFFF]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/y;

/** What each expectation may meet, and what is expected then. Closers and commas depend on what is open. */
const transitions: Readonly<Record<Expected, Partial<Record<Kind, Expected>>>> = {
  value: { string: "comma or end", scalar: "comma or end", "{": "name or }", "[": "value or ]" },
  "value or ]": {
    string: "comma or end",
    scalar: "comma or end",
    "{": "name or }",
    "[": "value or ]",
    "]": "comma or end",
  },
  name: { string: "colon" },
  "name or }": { string: "colon", "}": "comma or end" },
  colon: { ":": "value" },
  "comma or end": { ",": "value", "}": "comma or end", "]": "comma or end" },
};

/** The offset in UTF-16 units at which `text` cannot go on as JSON: its length if it only ends too early, -1 if it is JSON. */
export function jsonFaultOffset(text: string): number {
  const open: Kind[] = [];
  let expected: Expected = "value";
  for (let at = skipWhitespace(text, 0); at < text.length; at = skipWhitespace(text, TOKEN.lastIndex)) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0];
    const next: Expected | undefined = token === undefined ? undefined : step(expected, kindOf(token), open);
    if (next === undefined) return at;
    expected = next;
  }
  return expected === "comma or end" && open.length === 0 ? -1 : text.length;
}

function skipWhitespace(text: string, from: number): number {
  WHITESPACE.lastIndex = from;
  WHITESPACE.exec(text);
  return WHITESPACE.lastIndex;
}

function kindOf(token: string): Kind {
  if (token.startsWith('"')) return "string";
  return "{}[],:".includes(token) ? (token as Kind) : "scalar";
}

function step(expected: Expected, kind: Kind, open: Kind[]): Expected | undefined {
  const next = transitions[expected][kind];
  if (kind === "{" || kind === "[") open.push(kind);
  if (kind === "}" || kind === "]") return open.pop() === (kind === "}" ? "{" : "[") ? next : undefined;
  if (kind === ",") return inside(open, next);
  return next;
}

/** A comma leads to a name in an object, to a value in an array, and nowhere outside both. */
function inside(open: readonly Kind[], next: Expected | undefined): Expected | undefined {
  if (open.length === 0) return undefined;
  return open.at(-1) === "{" && next !== undefined ? "name" : next;
}
