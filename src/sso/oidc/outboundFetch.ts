import type { CustomFetch, FetchBody } from "openid-client";
import type { Answered, Outbound } from "../../http/outbound.ts";
import { refused } from "./refusal.ts";

/** Of one answer; a discovery document has some kilobytes, a key set some tens, claims with 200 groups the same. */
const MOST_BYTES = 1024 * 1024;

/**
 * The way out in the form that openid-client takes: guarded addresses, 1 MiB an answer, no redirect followed. Make it
 * once for a process, for what was discovered is kept for as long as it lives; the way out sets the time limit.
 */
export function outboundFetch(outbound: Outbound): CustomFetch {
  return async (url, { method, headers, body }) => {
    if (method !== "GET" && method !== "POST") throw new Error(`outboundFetch: ${method} is not sent`);
    const sent = textOf(body);
    const outcome = await outbound.send({
      method,
      url,
      headers,
      mostBytes: MOST_BYTES,
      ...(sent === undefined ? {} : { body: sent }),
    });
    if (outcome.kind !== "answered") {
      throw refused(outcome.kind === "refused" ? "oidc_address" : "oidc_unreachable", outcome.reason);
    }
    if (outcome.truncated) throw refused("oidc_too_large", `The answer is longer than ${MOST_BYTES} bytes.`);
    return responseOf(outcome);
  };
}

function textOf(body: FetchBody): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === "string") return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new Error("outboundFetch: only forms and text are sent");
}

function responseOf({ status, headers, body }: Answered): Response {
  // What `Response` does not take (Fetch §5.5) is no answer to any request of ours.
  if (status < 200 || status > 599)
    throw refused("oidc_unreachable", "The answer has a status that HTTP does not know.");
  const copied = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const each of [value ?? []].flat()) copied.append(name, each);
  }
  return new Response(body === "" ? null : body, { status, headers: copied });
}
