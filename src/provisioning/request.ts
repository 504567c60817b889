/**
 * provisioning/ is SCIM over HTTP: it decodes a request, calls one use-case of `directory/` and encodes the outcome.
 * What the messages mean is `scim/`; who may come in is `admission/`.
 */
import type { IncomingMessage } from "node:http";
import type { DialectName, Leniency } from "../scim/dialects.ts";
import { leniency } from "../scim/dialects.ts";
import type { Database, Who } from "../storage/types.ts";

/** A bearer token of a directory, as it was found: it decides tenant, directory and dialect. */
export interface DirectoryToken {
  readonly tenantId: string;
  readonly tokenId: string;
  readonly directoryId: string;
  readonly dialect: DialectName;
}

/** One authenticated SCIM request. */
export interface ScimRequest {
  readonly db: Database;
  readonly who: Who;
  readonly directoryId: string;
  readonly leniency: Leniency;
  /** Base of every URL in the answer, without a slash at its end; never taken from the request. */
  readonly baseUrl: string;
  /** The If-Match header, or undefined (RFC 7644 §3.14). */
  readonly ifMatch: string | undefined;
}

/** The request of a token, at a time. */
export function scimRequest(
  db: Database,
  baseUrl: string,
  token: DirectoryToken,
  message: IncomingMessage,
  now: Date,
): ScimRequest {
  const { tenantId, tokenId, directoryId, dialect } = token;
  return {
    db,
    who: { tenantId, actor: { type: "scim_token", id: tokenId }, now },
    directoryId,
    leniency: leniency(dialect),
    baseUrl,
    ifMatch: message.headers["if-match"],
  };
}

/** Who acts, for a use-case of a directory. */
export function directoryOf({ who, directoryId }: ScimRequest): Who & { readonly directoryId: string } {
  return { ...who, directoryId };
}
