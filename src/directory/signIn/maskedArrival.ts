/** What arrived with a sign-in, as the log keeps it: enough to see what is missing or wrong, too little to know a person by. */

export type Arrival = Readonly<Record<string, readonly string[]>>;

/** Claims that are about the message, the organisation or what is vouched for, and about nobody. */
const CLEAR: ReadonlySet<string> = new Set(
  "iss aud azp tid hd ver typ acr amr iat exp nbf auth_time email_verified xms_edov hasgroups _claim_names".split(" "),
);

/** Values of one name: the log grows with every sign-in. */
const MOST_VALUES = 10;

/** Names stay, values are masked: of an address the domain stays, of other texts the beginning. */
export function maskedArrival(arrived: Arrival): Arrival {
  const masked = Object.entries(arrived).map(([name, values]) => {
    const left = values.length - MOST_VALUES;
    const shown = values.slice(0, MOST_VALUES).map((value) => (CLEAR.has(name) ? value : mask(value)));
    return [name, left > 0 ? [...shown, `… ${left} more`] : shown] as const;
  });
  return Object.fromEntries(masked);
}

function mask(value: string): string {
  if (value === "true" || value === "false" || /^… \d+ more$/.test(value)) return value;
  const [first = "", second = "", ...rest] = value;
  const at = value.lastIndexOf("@");
  if (at > 0) return `${first}…${value.slice(at)}`;
  return rest.length > 2 ? `${first}${second}…` : "…";
}
