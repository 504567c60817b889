import { domainToASCII } from "node:url";
import { parse } from "tldts";
import { Refusal } from "../../base/errors.ts";
import { consumerMailBrands, consumerMailDomains } from "./consumerMailDomains.ts";

/** As typed: nothing that a URL parser would decode or split at, and no wildcard. Dots as IDNA reads them (RFC 3490 §3.1). */
const TYPED = /^[\p{L}\p{M}\p{N}.\-\u3002\uFF0E\uFF61]{1,500}$/u;
/** RFC 1035 §2.3.4: 253 characters, labels of 63; at least two of them, and the last is no number. */
const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The one form of a domain name: A-labels (RFC 5890 §2.3.2.1) in lower case, without the root's dot. Undefined where
 * the text is no domain name of two labels or more.
 */
export function domainName(written: string): string | undefined {
  const typed = written.trim().replace(/[.\u3002\uFF0E\uFF61]$/, "");
  if (!TYPED.test(typed)) return undefined;
  const domain = domainToASCII(typed);
  return DOMAIN.test(domain) ? domain : undefined;
}

/** The domain of an address in that form; null for no address. */
export function domainOf(email: string): string | null {
  const at = email.lastIndexOf("@");
  return at < 1 ? null : (domainName(email.slice(at + 1)) ?? null);
}

/**
 * The same of a domain that one organisation can own.
 *
 * @throws Refusal `invalid_request` for what is no domain name, a public suffix, or where anybody gets a mailbox
 */
export function ownDomain(written: string): string {
  const domain = domainName(written);
  if (domain === undefined) throw refused("is no domain name; write it as example.com, without @, scheme or wildcard");
  const { domain: registered, domainWithoutSuffix } = parse(domain, { allowPrivateDomains: true });
  if (registered === null) throw refused("is a public suffix, under which others have their domains; name your own");
  if (consumerMailDomains.has(registered) || consumerMailBrands.has(domainWithoutSuffix ?? "")) {
    throw refused("is a mail service that is open to anybody; name the domain of the organisation itself");
  }
  return domain;
}

/** A domain and those above it that have two labels or more, the most specific first. */
export function withParents(domain: string): string[] {
  const labels = domain.split(".");
  return labels.slice(0, -1).map((_, at) => labels.slice(at).join("."));
}

function refused(message: string): Refusal {
  return new Refusal("invalid_request", `The domain ${message}.`, { errors: [{ path: "/domain", message }] });
}
