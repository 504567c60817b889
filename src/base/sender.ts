import ipaddr from "ipaddr.js";

/**
 * Who sends from an address, as far as limits go: of IPv6 its /64, since one line has at least so many (RFC 6177 §2) and
 * could come from another one each time.
 */
export function senderOf(ip: string | null | undefined): string {
  if (!ip || !ipaddr.isValid(ip)) return ip ?? "";
  // IPv4 that is mapped into IPv6, as sockets for both give it, is one address.
  const address = ipaddr.process(ip);
  if (!(address instanceof ipaddr.IPv6)) return address.toString();
  const network = address.parts.slice(0, 4).map((part) => part.toString(16));
  return `${network.join(":")}::/64`;
}
