import { isIP } from "node:net";
import type { AddressGuard } from "./outboundAddress.ts";

/** Longer ones are not typed by people, and headers have an end. */
const MOST_CHARACTERS = 2048;

/**
 * Why no request may go to this URL, in words for the one who wrote it; undefined where one may be tried. What a name
 * resolves to is looked at only when the connection is made.
 */
export function outboundUrlFault(guard: AddressGuard, text: string): string | undefined {
  if (text.length > MOST_CHARACTERS) return `is longer than ${MOST_CHARACTERS} characters`;
  if (!URL.canParse(text)) return "is not a URL; write it as https://example.com/path";
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return "must begin with https:";
  if (url.username !== "" || url.password !== "") return "must hold no user name and no password";
  if (url.hash !== "") return "must hold no fragment, which is never sent";
  return hostFault(guard, url);
}

function hostFault(guard: AddressGuard, { protocol, hostname }: URL): string | undefined {
  // The URL parser has made one form of every way to write an IPv4 address (127.1, 0x7f000001, 2130706433).
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  const isAddress = isIP(host) !== 0;
  if (protocol === "https:") return isAddress && !guard.isReachable(host) ? "must be a public address" : undefined;
  const maybe = isAddress ? guard.isAllowed(host) : guard.hasAllowed;
  return maybe ? undefined : "must begin with https:; plain http: goes to allowed networks alone (ALLOWED_NETWORKS)";
}
