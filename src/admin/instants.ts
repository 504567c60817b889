/** A time in a body, which its schema has checked; null where there is none. */
export function instantOf(text: string | null | undefined): Date | null {
  return text === null || text === undefined ? null : new Date(text);
}
