/**
 * The comparison form of a user name, e-mail address or display name: compatibility-normalised and lower-cased, so
 * that two spellings that a reader takes for one are one. Never shown; the written form is stored beside it.
 *
 * After the UsernameCaseMapped profile of RFC 8265 §3.3, with NFKC for its width mapping: wider than the profile,
 * which for a key means that fewer look-alikes pass as different people.
 */
export function fold(text: string): string {
  return foldPart(text).trim();
}

const NOT_ASCII = /[^\0-\x7f]/;

/**
 * The same of a part of a text, whose outer spaces belong to it. A letter becomes the same wherever it stands (no
 * final sigma), else a part would not be found in its whole.
 */
export function foldPart(text: string): string {
  // Most are ASCII, which is in that form already; to normalise it all the same took ten times as long.
  if (!NOT_ASCII.test(text)) return text.toLowerCase();
  return text.normalize("NFKC").toLowerCase().replaceAll("\u03c2", "\u03c3").normalize("NFKC");
}
