/** What products of this kind offer, item by item, and what Usher makes of it. */

/** Below docs/. */
export const REASONS = "decisions/0007-features-that-are-not-built.md";

/**
 * One item: what it is; and, where Usher does not do it itself, how the customer's application is enabled to, or that it is
 * refused, with the part of the page of reasons that says why.
 */
export type Feature =
  | readonly [what: string]
  | readonly [what: string, state: "application", how: string]
  | readonly [what: string, state: "refused", reason: string];

/** A source's items, by their numbers. */
export type Features = Readonly<Record<string, Feature>>;
