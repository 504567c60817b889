/** What an identity provider sent, as an admin is shown it: bounded, and without what no database keeps. */

/** Names of attributes or claims, values of one, characters of a value or name. */
const [MOST_NAMES, MOST_VALUES, MOST_CHARACTERS] = [60, 40, 256];

/** Values by attribute or claim; `…` stands for what was left out. */
export function arrivedOf(
  all: Iterable<readonly [name: string, values: readonly string[]]>,
): Readonly<Record<string, readonly string[]>> {
  const shown = [...all].slice(0, MOST_NAMES).map(([name, values]) => [cut(name), cutList(values)] as const);
  return Object.fromEntries(shown);
}

function cutList(values: readonly string[]): string[] {
  const left = values.length - MOST_VALUES;
  return [...values.slice(0, MOST_VALUES).map(cut), ...(left > 0 ? [`… ${left} more`] : [])];
}

/** PostgreSQL keeps neither U+0000 nor halves of surrogate pairs, and a control could end a line of somebody's terminal. */
function cut(text: string): string {
  const most = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;
  return most.replaceAll(/[\p{Cc}\p{Cs}]/gu, "\ufffd");
}
