/**
 * Cursors in the form that clients hold (RFC 9865): the state of the walk, sealed, since it holds what people are sorted
 * by and URLs end up in logs. Nothing is kept of them here; authenticated with the state are the caller and the query
 * that it belongs to, so that it opens for no other.
 */
import { deriveKeys, seal, unseal } from "../base/secrets.ts";
import { type CursorState, invalidCursor, parseState, printState } from "../scim/cursor.ts";
import type { ScimRequest } from "./request.ts";

/** Far above what a state needs; RFC 9865 §2: characters of RFC 3986 §2.3. */
const CURSOR = /^[\w-]{1,8192}$/;

/** A cursor of this request's caller. @param query what must be the same when it comes back */
export function sealCursor(request: ScimRequest, query: string, state: CursorState): string {
  const { now } = request.who;
  return seal(keysOf(request), printState(state, now), contextOf(request, query)).toString("base64url");
}

/**
 * What a cursor leads to.
 *
 * @throws ScimRefusal invalidCursor, with the same words for whatever is wrong with it; expiredCursor
 */
export function openCursor(request: ScimRequest, query: string, cursor: string): CursorState {
  if (!CURSOR.test(cursor)) throw invalidCursor();
  return parseState(opened(request, query, cursor), request.who.now);
}

function opened(request: ScimRequest, query: string, cursor: string): string {
  try {
    return unseal(keysOf(request), Buffer.from(cursor, "base64url"), contextOf(request, query));
  } catch {
    throw invalidCursor();
  }
}

/** A tenant's own: so many pages are given that random nonces under one key for all would run out. */
function keysOf({ secretKeys, who }: ScimRequest): Buffer[] {
  return deriveKeys(secretKeys, `scim cursor ${who.tenantId}`);
}

/** RFC 9865 §5: what a caller may see is asked anew with each page, and another caller's cursor is none. */
function contextOf({ who, tokenId, directoryId }: ScimRequest, query: string): string {
  return JSON.stringify(["scim cursor", who.tenantId, directoryId, tokenId, query]);
}
