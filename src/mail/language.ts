import { languages, type Language } from "./message.ts";

/**
 * The language to write in: the first wish that we have words for, else English.
 *
 * @param wishes language tags or ranges as SCIM's `preferredLanguage` and `locale` hold them (RFC 7643 §4.1.1:
 * `de-DE`, or in the form of HTTP's Accept-Language `de-CH, en;q=0.8`), the most telling first; anything else is passed
 */
export function languageFor(...wishes: readonly unknown[]): Language {
  for (const wish of wishes) {
    const known = typeof wish === "string" ? fromRanges(wish) : undefined;
    if (known) return known;
  }
  return "en";
}

/** RFC 9110 §12.5.4; weights (§12.4.2) that are no numbers count as none given. */
function fromRanges(text: string): Language | undefined {
  const ranges = text.split(",").map((part) => {
    const [range = "", ...parameters] = part.split(";");
    const weight = /^\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$/i.exec(parameters.join(";"))?.[1];
    return { tag: range.trim().toLowerCase(), weight: weight === undefined ? 1 : Number(weight) };
  });
  return ranges
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ tag }) =>
      languages.find((known) => tag === known || tag.startsWith(`${known}-`) || tag.startsWith(`${known}_`)),
    )
    .find((known) => known !== undefined);
}
