/** The tokens of filters and PATCH paths (RFC 7644 §3.4.2.2 figure 1, §3.5.2 figure 7), and a cursor over them. */
import { ScimRefusal, type ScimType } from "./types.ts";

/** Longest filter or path that is read, in UTF-16 code units; the RFC names no bound, an URL of common proxies holds 8 KiB. */
const MAX_LENGTH = 8192;

/** A `word` is an attribute path, an operator, a keyword or a number: which of them, only the grammar knows. */
export type TokenKind = "word" | "string" | "(" | ")" | "[" | "]" | "end";

export interface Token {
  readonly kind: TokenKind;
  /** As written; of a string, its decoded value. */
  readonly text: string;
  /** Offset of its first character, from 0. */
  readonly at: number;
}

/** A reading position; `scimType` is what a fault of this text is called (invalidFilter or invalidPath). */
export interface Cursor {
  readonly tokens: readonly Token[];
  readonly scimType: ScimType;
  position: number;
}

const TOKEN = /[ \t\r\n]*(?:([()[\]])|("(?:[^"\\]|\\.)*")|([^ \t\r\n()[\]"]+)|$)/y;
/** What PostgreSQL cannot store, so that nothing could match it: NUL and lone surrogates. */
const UNSTORABLE = /[\0\p{Cs}]/u;

/**
 * Splits a text into tokens.
 *
 * @throws ScimRefusal `scimType` if it is longer than MAX_LENGTH or holds a broken string
 */
export function openCursor(text: string, scimType: ScimType): Cursor {
  if (text.length > MAX_LENGTH) {
    throw new ScimRefusal(scimType, `The text has ${text.length} characters; at most ${MAX_LENGTH} are read.`);
  }
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  do tokens.push(nextToken(text, scimType));
  while (tokens.at(-1)?.kind !== "end");
  return { tokens, scimType, position: 0 };
}

function nextToken(text: string, scimType: ScimType): Token {
  const from = TOKEN.lastIndex;
  const match = TOKEN.exec(text);
  if (!match) throw new ScimRefusal(scimType, `The text in double quotes from character ${from + 1} on has no end.`);
  const [whole, mark, quoted, word] = match;
  const at = from + whole.length - (mark ?? quoted ?? word ?? "").length;
  if (mark !== undefined) return { kind: mark as TokenKind, text: mark, at };
  if (quoted !== undefined) return { kind: "string", text: decodeString(quoted, at, scimType), at };
  return { kind: word === undefined ? "end" : "word", text: word ?? "", at };
}

/** RFC 7644 §3.4.2.2: a string is a JSON string, "with all of its escapes" (RFC 8259 §7). */
function decodeString(quoted: string, at: number, scimType: ScimType): string {
  let text: unknown;
  try {
    text = JSON.parse(quoted);
  } catch {
    throw new ScimRefusal(scimType, `The text at character ${at + 1} is not a JSON string (RFC 8259 section 7).`);
  }
  if (typeof text !== "string" || UNSTORABLE.test(text)) {
    throw new ScimRefusal(scimType, `The text at character ${at + 1} holds a NUL character or half a surrogate pair.`);
  }
  return text;
}

const END: Token = { kind: "end", text: "", at: 0 };

/** The token at the cursor, or `ahead` further on. */
export function peek(cursor: Cursor, ahead = 0): Token {
  return cursor.tokens[cursor.position + ahead] ?? cursor.tokens.at(-1) ?? END;
}

/** Takes the token if it is of this kind (and, of a word, one of these words in any case). */
export function take(cursor: Cursor, kind: TokenKind, word?: string): Token | undefined {
  const token = peek(cursor);
  if (token.kind !== kind || (word !== undefined && token.text.toLowerCase() !== word)) return undefined;
  cursor.position++;
  return token;
}

/** Takes a token of this kind. @throws ScimRefusal that names what was expected, and where */
export function expect(cursor: Cursor, kind: TokenKind, expected: string): Token {
  return take(cursor, kind) ?? refuse(cursor, expected);
}

/** @throws ScimRefusal that names what was expected at the cursor, and what stands there */
export function refuse(cursor: Cursor, expected: string, token: Token = peek(cursor)): never {
  const found = token.kind === "end" ? "the end" : JSON.stringify(token.text.slice(0, 40));
  throw new ScimRefusal(cursor.scimType, `Expected ${expected} at character ${token.at + 1}, found ${found}.`);
}
