import { domainToASCII } from "node:url";

/** RFC 5321 §4.5.3.1.1, in octets. */
const MAX_LOCAL = 64;
/** RFC 5321 §4.5.3.1.3 allows 256 for `<path>`, so 254 without its brackets. */
const MAX_ADDRESS = 254;

/** What a mailbox may be called: any script, without spaces, controls, invisible characters or quoting. */
const LOCAL = /^(?!\.)(?!.*\.\.)(?!.*\.$)[^\s\p{C}\p{Z}@"(),:;<>[\]\\]+$/u;
/** As typed, before its conversion: nothing that a URL parser would decode or split at. */
const TYPED_DOMAIN = /^[\p{L}\p{M}\p{N}.\-\u3002]+$/u;
/** At least two labels (RFC 1035 §2.3.1), the last of which is no number. */
const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * An e-mail address in the form that it is kept in: the local part as written, the domain in lower case and in ASCII
 * (RFC 5890 §2.3.2.1). Null where the text is none; quoted local parts and address literals are not taken.
 */
export function mailAddress(written: string): string | null {
  const [local = "", typed = "", ...rest] = written.trim().split("@");
  if (rest.length > 0 || !LOCAL.test(local) || !TYPED_DOMAIN.test(typed)) return null;
  const domain = domainToASCII(typed);
  const address = `${local}@${domain}`;
  const octets = Buffer.byteLength(address);
  const fits = octets <= MAX_ADDRESS && Buffer.byteLength(local) <= MAX_LOCAL;
  return fits && DOMAIN.test(domain) ? address : null;
}
