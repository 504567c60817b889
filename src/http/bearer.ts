/** Bearer tokens in the Authorization header (RFC 6750 §2.1); the query and form ways of §2.2 and §2.3 are not read. */
import type { IncomingMessage } from "node:http";
import { Refusal } from "../base/errors.ts";

/** RFC 6750 §2.1 `b64token`; the scheme's name is case-insensitive (RFC 9110 §11.1). */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;
const REALM = 'Bearer realm="usher"';

/**
 * The bearer token of a request, as it was sent.
 *
 * @throws Refusal `unauthenticated` when there is none
 */
export function bearerToken(req: IncomingMessage): string {
  const token = BEARER.exec(req.headers.authorization ?? "")?.[1];
  if (token === undefined) {
    throw new Refusal("unauthenticated", "No bearer token. Send the header `Authorization: Bearer <token>`.");
  }
  return token;
}

/**
 * The WWW-Authenticate value of a 401 answer to this request (RFC 9110 §11.6.1). RFC 6750 §3.1: a request without
 * credentials gets no error code.
 */
export function bearerChallenge(req: IncomingMessage): string {
  return req.headers.authorization === undefined ? REALM : `${REALM}, error="invalid_token"`;
}
