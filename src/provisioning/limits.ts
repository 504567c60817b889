import type { IncomingMessage } from "node:http";
import type { BodyOptions } from "../http/body.ts";
import type { Leniency } from "../scim/dialects.ts";
import { ScimRefusal } from "../scim/types.ts";

/** RFC 7644 §8.1 */
export const MEDIA_TYPE = "application/scim+json";

/** Bytes of one body: a PUT of a group with 10,000 members as Okta writes them stays below. */
const MAX_BODY = 1_500_000;

/** RFC 7644 §3.1: `application/scim+json`, and `application/json` for clients that know no better. */
const BODY: BodyOptions = {
  types: [MEDIA_TYPE, "application/json"],
  limit: MAX_BODY,
  malformed: (detail) => new ScimRefusal("invalidSyntax", detail),
};

/** RFC 7644 §3.7.4, in operations and bytes: as much as one PUT may bring, and a few seconds of work. */
export const BULK_LIMITS = { maxOperations: 1000, maxPayloadSize: MAX_BODY } as const;

const TEXT_BODY: BodyOptions = { ...BODY, types: [...BODY.types, "text/json"] };

/** How the body of this request is read. */
export function bodyOptions({ headers }: Pick<IncomingMessage, "headers">, leniency: Leniency): BodyOptions {
  const isText = /^\s*text\/json\s*(;|$)/i.test(headers["content-type"] ?? "");
  return isText && leniency.allows("textJson") ? TEXT_BODY : BODY;
}

/** Resources in a page: Okta asks for 100, and no known directory for more than 1,000. */
export const PAGE_LIMITS = { defaultCount: 100, maxCount: 1000 } as const;

/**
 * Requests of one token in one process, operations of Bulk counted like requests: Entra ID demands 25 a second, an
 * initial sync wants all it can get.
 */
export const RATE = { requests: 6000, seconds: 10 } as const;
