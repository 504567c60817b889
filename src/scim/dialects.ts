/**
 * Dialects: each departure of a real directory from RFC 7644, named, with its source, so that it is put right in one
 * place, shows in the provisioning log when used, and can be switched off for a token.
 */

/** How much a token forgives: `tolerant` takes what known directories send, `rfc` RFC 7644 to the letter, `interop` the interoperability profile draft. */
export type DialectName = "tolerant" | "rfc" | "interop";

/** One tolerance: what is forgiven and who needs it. */
export interface Tolerance {
  readonly what: string;
  /** Which directory sends it, and where that is known from (link or thread). */
  readonly source: string;
}

/** Every tolerance by its name; the order is that of the documentation. */
export const tolerances = {
  stringBoolean: {
    what: 'A boolean written as the string "True" or "False" in any case',
    source: "Entra ID without aadOptscim062020; AzureAD/SCIMReferenceCode#21",
  },
} as const satisfies Record<string, Tolerance>;

export type ToleranceName = keyof typeof tolerances;

/** The leniency of one request: asks whether a departure is forgiven and remembers that it was. */
export interface Leniency {
  readonly dialect: DialectName;
  /** True if this departure is forgiven; the name is then in `used`. */
  allows(name: ToleranceName): boolean;
  /** What was forgiven so far, each name once, in the order of first use. */
  readonly used: readonly ToleranceName[];
}

/** Opens the leniency of one request. */
export function leniency(dialect: DialectName): Leniency {
  const used: ToleranceName[] = [];
  const allows = (name: ToleranceName): boolean => {
    if (dialect !== "tolerant") return false;
    if (!used.includes(name)) used.push(name);
    return true;
  };
  return { dialect, allows, used };
}
