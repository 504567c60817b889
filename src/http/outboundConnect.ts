import { lookup as systemLookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { buildConnector } from "undici";
import type { AddressGuard } from "./outboundAddress.ts";

/** An address that a name resolves to. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name; rejects as `node:dns` does. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** What the guard stopped before anything was sent. */
export class GuardedError extends Error {}

/** The system's resolver, with its hosts file and search domains. */
export const systemResolve: Resolve = (hostname) => systemLookup(hostname, { all: true, verbatim: true });

/**
 * Connects to what the guard lets pass, and to nothing else: the addresses that are checked are the ones connected to,
 * so a name that resolves differently the next time (DNS rebinding) gains nothing.
 *
 * @param make makes the connector below; undici's own, but for tests
 */
export function guardedConnector(
  guard: AddressGuard,
  resolve: Resolve,
  timeoutMs: number,
  make: typeof buildConnector = buildConnector,
): buildConnector.connector {
  const encrypted = guarded(guard.isReachable, resolve, timeoutMs, make);
  // Without TLS nothing says who answers, so that is for the operator's own networks.
  const plain = guarded(guard.isAllowed, resolve, timeoutMs, make);
  return (target, done) => (target.protocol === "https:" ? encrypted : plain)(target, done);
}

function guarded(
  passes: (address: string) => boolean,
  resolve: Resolve,
  timeout: number,
  make: typeof buildConnector,
): buildConnector.connector {
  const connect = make({ timeout, lookup: guardedLookup(passes, resolve) });
  return (target, done) => {
    // Node.js calls `lookup` for names alone.
    if (isIP(target.hostname) !== 0 && !passes(target.hostname)) return done(unreachable(target.hostname), null);
    return connect(target, done);
  };
}

/** One address out of bounds is enough: which of them is connected to is not ours to say. */
function guardedLookup(passes: (address: string) => boolean, resolve: Resolve): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname)
      .then((found) => {
        const [first] = found;
        if (!first) throw new GuardedError(`${hostname} has no address.`);
        if (!found.every(({ address }) => passes(address))) throw unreachable(hostname);
        return options.all ? done(null, [...found]) : done(null, first.address, first.family);
      })
      .catch((error: unknown) => done(error as NodeJS.ErrnoException, ""));
  };
}

/** Tells the name and not its address: that may be one of ours. */
function unreachable(hostname: string): GuardedError {
  return new GuardedError(
    `${hostname} is no public address, or not for plain http. Requests go there only where ALLOWED_NETWORKS names its network.`,
  );
}
