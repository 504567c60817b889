/** The target of a request (RFC 9112 §3.2), taken apart. */
import type { IncomingMessage } from "node:http";

/** Path as it was sent, and query without its `?`; undefined where there is none. */
export interface Target {
  readonly path: string;
  readonly query: string | undefined;
}

/** Origin-form and, as RFC 9112 §3.2.2 demands, absolute-form; what is neither has a path that nothing answers. */
export function targetOf(req: Pick<IncomingMessage, "url">): Target {
  const { url = "" } = req;
  return url.startsWith("/") ? split(url) : split(url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, ""));
}

function split(sent: string): Target {
  // No target has a fragment (RFC 9112 §3.2); who sends one does not mean it as a part of the path.
  const [url = ""] = sent.split("#", 1);
  const mark = url.indexOf("?");
  if (mark === -1) return { path: url || "/", query: undefined };
  return { path: url.slice(0, mark) || "/", query: url.slice(mark + 1) };
}
