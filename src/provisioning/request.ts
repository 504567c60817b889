/**
 * provisioning/ is SCIM over HTTP: it decodes a request, calls one use-case of `directory/` and encodes the outcome.
 * What the messages mean is `scim/`; who may come in is `admission/`.
 */
import type { ProvisioningLog } from "../directory/provisioningLog/provisioningBuffer.ts";
import type { DialectName, Leniency } from "../scim/dialects.ts";
import { leniency } from "../scim/dialects.ts";
import type { UrlQuery } from "../scim/searchRequest.ts";
import type { Database, Who } from "../storage/types.ts";
import { openRecord, partOf, type Arrival, type RequestRecord } from "./requestRecord.ts";

/** A credential of a directory, as it was found: it decides tenant, directory and dialect. */
export interface DirectoryToken {
  readonly tenantId: string;
  readonly actor: "scim_token" | "machine_credential";
  readonly tokenId: string;
  readonly tokenName: string;
  readonly directoryId: string;
  readonly dialect: DialectName;
}

/** One authenticated SCIM request. */
export interface ScimRequest {
  readonly db: Database;
  readonly who: Who;
  readonly tokenId: string;
  readonly directoryId: string;
  readonly leniency: Leniency;
  /** Base of every URL in the answer, without a slash at its end; never taken from the request. */
  readonly baseUrl: string;
  /** 32 bytes each: the first seals, all open. */
  readonly secretKeys: readonly Buffer[];
  /** The parameters in the URL. */
  readonly query: UrlQuery;
  /** The If-Match header, or undefined (RFC 7644 §3.14). */
  readonly ifMatch: string | undefined;
  /** For the provisioning log. */
  readonly record: RequestRecord;
  /** Begins a part of this request, as Bulk has them, as a request of its own: at this moment, and with its own record. */
  readonly within: (method: string, path: string, ifMatch: string | undefined) => ScimRequest;
}

/** What the requests of one server have in common. */
export interface ScimServer extends Pick<ScimRequest, "db" | "baseUrl" | "secretKeys"> {
  readonly provisioningLog: ProvisioningLog;
}

/** The request of a token as it arrives. */
export function scimRequest(
  server: ScimServer,
  token: DirectoryToken,
  arrival: Arrival,
  ifMatch: string | undefined,
): ScimRequest {
  const { db, baseUrl, secretKeys, provisioningLog } = server;
  const { tenantId, actor, tokenId, directoryId, dialect } = token;
  const forgiving = leniency(dialect);
  const record = openRecord(provisioningLog, token, arrival, forgiving);
  return {
    db,
    tokenId,
    who: { tenantId, actor: { type: actor, id: tokenId }, now: arrival.now, beside: record.beside },
    directoryId,
    leniency: forgiving,
    baseUrl,
    secretKeys,
    query: arrival.query,
    ifMatch,
    record,
    within: (method, path, version) => scimRequest(server, token, partOf(arrival, method, path), version),
  };
}

/** Who acts, for a use-case of a directory. */
export function directoryOf({ who, directoryId }: ScimRequest): Who & { readonly directoryId: string } {
  return { ...who, directoryId };
}
