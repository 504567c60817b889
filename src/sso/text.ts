/** Longer ones are no names, fill pages, and fit no index. */
const MOST_CHARACTERS = 256;

/** A text of an identity provider that can be shown and stored; null for anything else. */
export function text(value: unknown, most = MOST_CHARACTERS): string | null {
  if (typeof value !== "string" || /[\p{Cc}\p{Cs}]/u.test(value)) return null;
  const trimmed = value.trim();
  return trimmed.length > 0 && trimmed.length <= most ? trimmed : null;
}
