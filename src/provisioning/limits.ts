import type { BodyOptions } from "../http/body.ts";
import { ScimRefusal } from "../scim/types.ts";

/** RFC 7644 §8.1 */
export const MEDIA_TYPE = "application/scim+json";

/** Bytes of one body: a PUT of a group with 10,000 members as Okta writes them stays below. */
const MAX_BODY = 1_500_000;

/** RFC 7644 §3.1: `application/scim+json`, and `application/json` for clients that know no better. */
export const BODY: BodyOptions = {
  types: [MEDIA_TYPE, "application/json", "text/json"],
  limit: MAX_BODY,
  malformed: (detail) => new ScimRefusal("invalidSyntax", detail),
};

/** Resources in a page: Okta asks for 100, and no known directory for more than 1,000. */
export const PAGE_LIMITS = { defaultCount: 100, maxCount: 1000 } as const;

/** Requests of one token: Entra demands 25 a second, an initial sync wants all it can get. */
export const RATE = { requests: 6000, seconds: 10 } as const;
