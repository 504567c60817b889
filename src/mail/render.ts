import type { Language, MessageName, MessageValues, Phrasebook, Words } from "./message.ts";
import { de } from "./messages/de.ts";
import { en } from "./messages/en.ts";

const phrasebooks: Readonly<Record<Language, Phrasebook>> = { en, de };

/** What a letter says, to whom and in which language. */
export type Content = {
  [N in MessageName]: { readonly message: N; readonly values: MessageValues[N] };
}[MessageName] & {
  readonly language: Language;
  /** The tenant's name. */
  readonly tenant: string;
  /** What the recipient is called; null where that is not known. */
  readonly name: string | null;
};

/** A letter in its two forms. */
export interface Rendered {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Writes a letter out, as text and as HTML that holds nothing but words. */
export function render({ message, values, language, tenant, name }: Content): Rendered {
  const book = phrasebooks[language];
  const { subject, paragraphs, footer = book.footer } = book.messages[message];
  const known: Values = { ...values, tenant, ...(name === null ? {} : { name }) };
  const say = (words: Words): string => fill(words, known, language);
  const letter = {
    title: say(subject),
    body: [say(name === null ? book.greetingUnnamed : book.greeting), ...paragraphs.map(say)],
    footer: say(footer),
  };
  return { subject: letter.title, text: asText(letter), html: asHtml(letter, language) };
}

type Values = Readonly<Record<string, string | number>>;

/** Puts values into words, numbers as the language writes them; a value never becomes a place of its own. */
function fill(words: Words, values: Values, language: Language): string {
  const pattern = typeof words === "string" ? words : words[formOf(values[words.count], language)];
  return pattern.replaceAll(/\{(\w+)\}/g, (_place, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`mail: no value for {${name}}`);
    return typeof value === "number" ? new Intl.NumberFormat(language).format(value) : inLine(value);
  });
}

function formOf(count: string | number | undefined, language: Language): "one" | "other" {
  return new Intl.PluralRules(language).select(Number(count)) === "one" ? "one" : "other";
}

const LONGEST_VALUE = 200;

/** Controls, halves of a character, line separators, and what turns the direction of the text around it. */
const UNWRITTEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;

/** A value on one line: names come from outside, and a line break in a subject would begin a header (RFC 5322 §2.2). */
function inLine(value: string): string {
  return value.slice(0, LONGEST_VALUE).replaceAll(UNWRITTEN, " ").trim();
}

interface Parts {
  readonly title: string;
  readonly body: readonly string[];
  readonly footer: string;
}

/** RFC 3676 §4.3: a line of two hyphens and a space begins the signature. */
function asText({ body, footer }: Parts): string {
  return `${body.join("\n\n")}\n\n-- \n${footer}\n`;
}

/** A few styles in place, for mail programs drop sheets; no images, links or scripts, so nothing is fetched or tracked. */
function asHtml({ title, body, footer }: Parts, language: Language): string {
  const paragraphs = body.map((each) => `<p style="margin:0 0 1em">${escaped(each)}</p>`);
  return [
    "<!doctype html>",
    `<html lang="${language}">`,
    `<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">`,
    `<meta name="color-scheme" content="light dark"><title>${escaped(title)}</title></head>`,
    `<body style="margin:0;padding:24px;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">`,
    `<div style="max-width:36em;margin:0 auto">`,
    `<h1 style="font-size:20px;line-height:1.3;margin:0 0 1em">${escaped(title)}</h1>`,
    ...paragraphs,
    `<p style="margin:2em 0 0;padding-top:1em;border-top:1px solid #8888;font-size:13px;opacity:.7">${escaped(footer)}</p>`,
    "</div></body></html>",
    "",
  ].join("\n");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
