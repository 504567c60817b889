import { fold } from "../../base/fold.ts";

/** Whom a request was about, as the log is searched; what erasing a person blanks. */
export interface PersonKeys {
  readonly userNameKey: string | null;
  readonly emailKey: string | null;
  readonly externalId: string | null;
}

/** One request of a directory, as the provisioning log keeps it: nothing in it is a secret or a body. */
export interface ProvisioningLine extends PersonKeys {
  readonly tenantId: string;
  /** UUIDv7 of the arrival. */
  readonly id: string;
  readonly at: Date;
  /** Null where none of the tenant's tokens was shown. */
  readonly tokenId: string | null;
  readonly tokenName: string | null;
  readonly method: string;
  /** Below `/scim/v2`, without what may be somebody's name. */
  readonly path: string;
  /** Parameters as they are known, values of filters masked; null where there are none. */
  readonly query: string | null;
  readonly status: number;
  /** RFC 7644 §3.12 */
  readonly scimType: string | null;
  readonly detail: string | null;
  /** The resource that the path names. */
  readonly resourceId: string | null;
  /** How many resources a query found. */
  readonly found: number | null;
  readonly tolerated: readonly string[];
  /** Of a write until its commit, of all else until the answer. */
  readonly durationMs: number;
  readonly userAgent: string | null;
  /** How many requests the line stands for. */
  readonly times: number;
}

/** Nobody. */
export const noPerson: PersonKeys = { userNameKey: null, emailKey: null, externalId: null };

/** Longest text of a column that an index names: 1,280 bytes of UTF-8, and PostgreSQL takes 2,704. */
const MAX_KEY = 320;

/** The form in which user names and addresses are kept and looked for; null where there is nothing. */
export function personKey(text: unknown): string | null {
  return typeof text === "string" && text !== "" ? storable(fold(text.slice(0, MAX_KEY)), MAX_KEY) : null;
}

/** The same of an external id, whose case counts. */
export function externalKey(text: unknown): string | null {
  return typeof text === "string" && text !== "" ? storable(text, MAX_KEY) : null;
}

/** A text that PostgreSQL stores, also within JSON: one that it refused would keep a whole batch out of the log. */
export function storable(text: string, most: number): string {
  return text.slice(0, most).replaceAll(/[\0\p{Surrogate}]/gu, "\uFFFD");
}
