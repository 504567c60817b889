import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Which addresses an outgoing request may connect to. */
export interface AddressGuard {
  /** Whether the operator named any network. */
  readonly hasAllowed: boolean;
  /** Whether the operator named a network that holds this address; never for link-local ones. */
  readonly isAllowed: (address: string) => boolean;
  /** Whether it is allowed so, or anybody's on the public Internet. */
  readonly isReachable: (address: string) => boolean;
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/** What IANA gives out for global unicast (RFC 4291 §2.4): all else of IPv6 is special, or will be. */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Makes the guard.
 *
 * @param allowedNetworks CIDRs of private or loopback ranges, as `ALLOWED_NETWORKS` has them
 */
export function addressGuard(allowedNetworks: readonly string[]): AddressGuard {
  const networks = allowedNetworks.map((cidr) => ipaddr.parseCIDR(cidr));
  const isAllowed = (text: string): boolean => {
    const address = parsed(text);
    return address !== undefined && isIn(unmapped(address), networks);
  };
  const isReachable = (text: string): boolean => {
    const address = parsed(text);
    return address !== undefined && (isPublic(address) || isIn(unmapped(address), networks));
  };
  return { hasAllowed: networks.length > 0, isAllowed, isReachable };
}

/** Stricter than ipaddr.js, which reads `10.1` and `0x7f.1` as addresses too. */
function parsed(text: string): Address | undefined {
  return isIP(text) === 0 ? undefined : ipaddr.parse(text);
}

/** `::ffff:127.0.0.1` reaches 127.0.0.1 (RFC 4291 §2.5.5.2), so that is what counts. */
function unmapped(address: Address): Address {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** Cloud providers answer with credentials at link-local addresses: no network that is allowed reaches there. */
function isIn(address: Address, networks: readonly Network[]): boolean {
  if (address.range() === "linkLocal") return false;
  return networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
}

/**
 * `unicast` is what is in none of the special ranges: private, loopback, shared (RFC 6598), documentation, benchmarking,
 * multicast, reserved; of IPv6 also what carries an IPv4 address within it (mapped, 6to4, Teredo, NAT64).
 */
function isPublic(address: Address): boolean {
  if (address.range() !== "unicast") return false;
  return address instanceof ipaddr.IPv4 || address.match(globalUnicast);
}
