/** The dateTime of RFC 7643 §2.3.5 as an instant, since two spellings of one moment are equal. */

// A year of more digits is ECMAScript's own form: an offset may carry the last day of 9999 there.
const DATE_TIME = /^(?:[+-]\d\d)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)?$/i;

/**
 * The milliseconds since 1970 of an xsd:dateTime with both date and time; one without a time zone is read as UTC, so
 * that the machine's own zone decides nothing. Undefined if it is none.
 */
export function parseInstant(text: string): number | undefined {
  const match = DATE_TIME.exec(text);
  if (!match) return undefined;
  const instant = Date.parse(match[1] === undefined ? `${text}Z` : text);
  return Number.isNaN(instant) ? undefined : instant;
}
