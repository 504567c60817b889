/**
 * A time in a body or query, which its schema has checked; null where there is none. What is before 1970 is 1970: ids
 * begin with the moment (RFC 9562 §5.7) and know none before, and callers write the year 1 for "ever".
 */
export function instantOf(text: string | null | undefined): Date | null {
  return text === null || text === undefined ? null : new Date(Math.max(0, Date.parse(text)));
}
