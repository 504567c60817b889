/**
 * Filters as text and as a tree: the grammar of RFC 7644 §3.4.2.2 figure 1, one function for each rule. The tree says
 * nothing of a schema yet; `resolve.ts` binds its names to attributes.
 */
import type { Leniency } from "./dialects.ts";
import { type Cursor, expect, openCursor, peek, refuse, take, type Token } from "./lexer.ts";
import { ScimRefusal, type ScimType } from "./types.ts";

/** `attrPath = [URI ":"] ATTRNAME *1subAttr` */
export interface AttributePath {
  readonly uri: string | undefined;
  readonly name: string;
  readonly sub: string | undefined;
}

/** `compValue`: a JSON literal. */
export type Literal = string | number | boolean | null;

export const comparisons = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"] as const;
/** `compareOp` */
export type Comparison = (typeof comparisons)[number];

export type Filter =
  | { readonly kind: "and" | "or"; readonly terms: readonly Filter[] }
  | { readonly kind: "not"; readonly filter: Filter }
  | { readonly kind: "present"; readonly path: AttributePath }
  | { readonly kind: "compare"; readonly path: AttributePath; readonly op: Comparison; readonly value: Literal }
  | { readonly kind: "valuePath"; readonly path: AttributePath; readonly filter: Filter };

/** How deep brackets and parentheses may stand in one another; the RFC names no bound, people write three or four. */
const MAX_DEPTH = 32;

/**
 * How many attribute expressions a filter may hold: each one that no index serves is asked of every resource of a type.
 * Directories send one to three; who looks many up by id or name asks 32 at a time.
 */
const MAX_EXPRESSIONS = 32;

interface Grammar extends Cursor {
  readonly leniency: Leniency;
  readonly mostExpressions: number;
  depth: number;
  expressions: number;
  /** Within `[ ]`, where another valuePath may not stand. */
  inValuePath: boolean;
}

/**
 * Reads a filter of at most 8,192 characters, 32 levels of brackets and 32 attribute expressions (RFC 7644 §3.4.2.2).
 *
 * @throws ScimRefusal invalidFilter that names the position and what was expected there; tooMany for more expressions
 */
export function parseFilter(text: string, leniency: Leniency): Filter {
  const grammar = openGrammar(text, "invalidFilter", leniency, MAX_EXPRESSIONS);
  const filter = parseDisjunction(grammar);
  if (peek(grammar).kind !== "end") refuse(grammar, '"and", "or" or the end');
  return filter;
}

function openGrammar(text: string, scimType: ScimType, leniency: Leniency, mostExpressions: number): Grammar {
  // The spread last: in front of names that it lacks it costs many times as much.
  return { leniency, mostExpressions, depth: 0, expressions: 0, inValuePath: false, ...openCursor(text, scimType) };
}

/** `FILTER SP "or" SP FILTER`, which binds least (RFC 7644 §3.4.2.2: "not", then "and", then "or"). */
function parseDisjunction(grammar: Grammar): Filter {
  return parseTerms(grammar, "or", parseConjunction);
}

/** `FILTER SP "and" SP FILTER` */
function parseConjunction(grammar: Grammar): Filter {
  return parseTerms(grammar, "and", parseTerm);
}

function parseTerms(grammar: Grammar, kind: "and" | "or", parse: (grammar: Grammar) => Filter): Filter {
  const first = parse(grammar);
  const terms = [first];
  while (take(grammar, "word", kind)) terms.push(parse(grammar));
  return terms.length === 1 ? first : { kind, terms };
}

/** `attrExp / valuePath / *1"not" "(" FILTER ")"` */
function parseTerm(grammar: Grammar): Filter {
  if (take(grammar, "(")) return parseGroup(grammar);
  if (peek(grammar, 1).kind === "(" && take(grammar, "word", "not")) {
    take(grammar, "(");
    return { kind: "not", filter: parseGroup(grammar) };
  }
  const path = parseAttributePath(grammar);
  return take(grammar, "[") ? parseValuePath(grammar, path) : parseExpression(grammar, path);
}

function parseGroup(grammar: Grammar): Filter {
  const filter = nested(grammar, parseDisjunction);
  expect(grammar, ")", '"and", "or" or ")"');
  return filter;
}

/** `valuePath = attrPath "[" valFilter "]"`, from behind the bracket on. */
function parseValuePath(grammar: Grammar, path: AttributePath): Filter {
  const filter = parseValueFilter(grammar);
  const valuePath: Filter = { kind: "valuePath", path, filter };
  if (!peek(grammar).text.startsWith(".") || peek(grammar).kind !== "word") return valuePath;
  if (!grammar.leniency.allows("filterOnValuePathSubAttribute")) refuse(grammar, '"and", "or" or the end');
  const sub = parseSubAttribute(grammar);
  const term = parseExpression(grammar, { uri: undefined, name: sub, sub: undefined });
  return { ...valuePath, filter: { kind: "and", terms: [filter, term] } };
}

/**
 * `valFilter`, from behind the opening bracket to behind the closing one: the same as FILTER, but RFC 7643 §2.3.8 knows no
 * complex value in a complex value, so that no valuePath stands in another.
 */
function parseValueFilter(grammar: Grammar): Filter {
  if (grammar.inValuePath) refuse(grammar, 'a filter without "[": values have no values of their own');
  grammar.inValuePath = true;
  const filter = nested(grammar, parseDisjunction);
  grammar.inValuePath = false;
  expect(grammar, "]", '"and", "or" or "]"');
  return filter;
}

function nested(grammar: Grammar, parse: (grammar: Grammar) => Filter): Filter {
  if (++grammar.depth > MAX_DEPTH) refuse(grammar, `at most ${MAX_DEPTH} levels of brackets`);
  const filter = parse(grammar);
  grammar.depth--;
  return filter;
}

/** `attrExp = (attrPath SP "pr") / (attrPath SP compareOp SP compValue)`, from behind the attrPath on. */
function parseExpression(grammar: Grammar, path: AttributePath): Filter {
  if (++grammar.expressions > grammar.mostExpressions) throw tooManyExpressions();
  if (take(grammar, "word", "pr")) return { kind: "present", path };
  const op = parseComparison(grammar);
  return { kind: "compare", path, op, value: parseLiteral(grammar) };
}

/** RFC 7644 §3.12, `tooMany`: more "than the server is willing to calculate or process". */
function tooManyExpressions(): ScimRefusal {
  const detail = `More than ${MAX_EXPRESSIONS} attribute expressions are not read at once: send several requests.`;
  return new ScimRefusal("tooMany", detail);
}

/** `compareOp`; RFC 7644 §3.4.2.2: "attribute names and attribute operators used in filters are case insensitive". */
function parseComparison(grammar: Grammar): Comparison {
  const token = peek(grammar);
  const op = comparisons.find((name) => name === token.text.toLowerCase());
  if (token.kind !== "word" || !op) return refuse(grammar, `one of ${comparisons.join(", ")}, pr`);
  grammar.position++;
  return op;
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const keywords = new Map<string, Literal>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** `compValue = false / null / true / number / string`, as JSON writes them; the keywords in any case. */
function parseLiteral(grammar: Grammar): Literal {
  const quoted = take(grammar, "string");
  if (quoted) return quoted.text;
  const token = expect(grammar, "word", "a value: text in double quotes, a number, true, false or null");
  const keyword = keywords.get(token.text.toLowerCase());
  if (keyword !== undefined) return keyword;
  return parseNumber(grammar, token);
}

function parseNumber(grammar: Grammar, token: Token): number {
  const value = NUMBER.test(token.text) ? Number(token.text) : Number.NaN;
  if (!Number.isFinite(value)) refuse(grammar, "a number, true, false, null or text in double quotes", token);
  // -0 is 0: the two compare equal, and JSON writes them alike.
  return value + 0;
}

const ATTRNAME = /^[a-z$][\w$-]*$/i;

/** `attrPath`; an ATTRNAME has no colon, so that the last colon ends the URI, dots and all (RFC 7644 §3.10). */
function parseAttributePath(cursor: Cursor): AttributePath {
  const token = expect(cursor, "word", "an attribute name");
  const colon = token.text.lastIndexOf(":");
  const [name = "", sub, ...rest] = token.text.slice(colon + 1).split(".");
  const named = ATTRNAME.test(name) && (sub === undefined || ATTRNAME.test(sub));
  if (colon === 0 || !named || rest.length > 0) refuse(cursor, "an attribute path such as name.familyName", token);
  return { uri: colon < 0 ? undefined : token.text.slice(0, colon), name, sub };
}

/** `subAttr = "." ATTRNAME` behind a valuePath. */
function parseSubAttribute(cursor: Cursor): string {
  const token = expect(cursor, "word", "a sub-attribute");
  if (!token.text.startsWith(".") || !ATTRNAME.test(token.text.slice(1))) refuse(cursor, "a sub-attribute", token);
  return token.text.slice(1);
}

/** A PATCH path as written: `attrPath / valuePath [subAttr]` (RFC 7644 §3.5.2 figure 7). */
export interface ParsedPath {
  readonly path: AttributePath;
  readonly filter: Filter | undefined;
  /** The sub-attribute behind the brackets. */
  readonly sub: string | undefined;
}

/**
 * Reads a PATCH path of at most 8,192 characters and 32 levels of brackets (RFC 7644 §3.5.2 figure 7). Its expressions
 * are asked of the values of one resource, so that any number of them may stand there.
 *
 * @throws ScimRefusal invalidPath that names the position and what was expected there
 */
export function parsePath(text: string, leniency: Leniency): ParsedPath {
  const grammar = openGrammar(text, "invalidPath", leniency, Infinity);
  const path = parseAttributePath(grammar);
  const filter = take(grammar, "[") ? parseValueFilter(grammar) : undefined;
  const sub = filter && peek(grammar).kind === "word" ? parseSubAttribute(grammar) : undefined;
  if (peek(grammar).kind !== "end") refuse(grammar, "the end");
  return { path, filter, sub };
}
