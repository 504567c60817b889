/** Questions to the DNS: TXT records, by the servers of `DNS_SERVERS` or the system's, which follow a CNAME themselves. */
import { Resolver } from "node:dns/promises";

/** What became of a question for TXT records: never thrown, for every way to fail is to be expected. */
export type TxtAnswer =
  /** The name exists; each value with its strings joined (RFC 7208 §3.3), none where there are other records only. */
  | { readonly kind: "records"; readonly values: readonly string[] }
  /** NXDOMAIN (RFC 1035 §4.1.1): there is no such name. */
  | { readonly kind: "noName" }
  /** No answer that says either: of broken name servers, or none at all within the time. */
  | { readonly kind: "broken" }
  | { readonly kind: "timeout" };

/** Asks for the TXT records of a name. */
export type LookUpTxt = (name: string) => Promise<TxtAnswer>;

/** How long a question may take, in milliseconds: somebody waits for the answer. */
const LIMIT_MS = 8_000;
/** Until the next server, or the same once more, is asked. */
const TRY_MS = 2_000;

/** @param servers `address:port`; none = the system's */
export function createTxtLookUp(servers: readonly string[], limitMs = LIMIT_MS): LookUpTxt {
  return async (name) => {
    // One for each question: it keeps no answer, and ends without ending others.
    const resolver = new Resolver({ timeout: Math.min(TRY_MS, limitMs), tries: 2 });
    if (servers.length > 0) resolver.setServers([...servers]);
    const limit = setTimeout(() => resolver.cancel(), limitMs);
    try {
      const records = await resolver.resolveTxt(name);
      return { kind: "records", values: records.map((strings) => strings.join("")) };
    } catch (error) {
      return withoutRecords((error as NodeJS.ErrnoException).code);
    } finally {
      clearTimeout(limit);
    }
  };
}

function withoutRecords(code: string | undefined): TxtAnswer {
  // A name that is too long to be asked for (RFC 1035 §2.3.4) has no records either.
  if (code === "ENOTFOUND" || code === "EBADNAME") return { kind: "noName" };
  if (code === "ENODATA") return { kind: "records", values: [] };
  return { kind: code === "ETIMEOUT" || code === "ECANCELLED" ? "timeout" : "broken" };
}
