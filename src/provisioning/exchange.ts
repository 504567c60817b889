/** A request on its way through the SCIM surface, and what answers it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { notAllowed } from "../http/fallback.ts";
import type { ScimRequest } from "./request.ts";
import type { Arrival } from "./requestRecord.ts";

/** A request of whom nobody has asked yet who sends it. */
export interface Visit {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly arrival: Arrival;
  /** Base of every URL in the answer: that by which the request came, without a slash at its end. */
  readonly baseUrl: string;
  /** What the path names, decoded. */
  readonly params: Readonly<Record<string, string | undefined>>;
}

/** A request of a directory that is known. */
export interface Exchange extends Visit {
  readonly request: ScimRequest;
}

/** Answers a request, or throws why not. */
export type Answer<From extends Visit = Exchange> = (exchange: From) => void | Promise<void>;

/** Adds what answers at a path below the base. */
export type AddRoute<From extends Visit = Exchange> = (path: string, answer: Answer<From>) => void;

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Answers each method by itself, HEAD as GET (RFC 9110 §9.3.2), and refuses all others. */
export function byMethod<From extends Visit>(methods: Partial<Record<Method, Answer<From>>>): Answer<From> {
  const answers = new Map<string, Answer<From>>(Object.entries(methods));
  const allowed = [...answers.keys()];
  return (exchange) => {
    const { method = "" } = exchange.req;
    const answer = answers.get(method === "HEAD" ? "GET" : method);
    if (!answer) throw notAllowed(method, allowed);
    return answer(exchange);
  };
}
