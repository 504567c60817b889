import type { Configuration } from "oidc-provider";
import type { AccessOptions } from "../options.ts";

/** The guarded way out in the form that the library takes; nothing of ours makes it go out, and what does is guarded. */
export function fetchFor(fetch: AccessOptions["fetch"]): NonNullable<Configuration["fetch"]> {
  return async (input, init = {}) => {
    const { method = "GET", headers, body } = init;
    const url = input instanceof Request ? input.url : String(input);
    const sent = body instanceof URLSearchParams || typeof body === "string" ? body : undefined;
    const signal = init.signal ?? undefined;
    return fetch(url, {
      method,
      headers: Object.fromEntries(new Headers(headers)),
      body: sent,
      redirect: "manual",
      ...(signal && { signal }),
    });
  };
}
