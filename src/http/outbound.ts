/**
 * The one way out: every request that Usher sends to somebody else's server goes through `createOutbound`. It reaches
 * public addresses over https, and by any scheme the networks that the operator allows; it follows no redirect, asks no
 * proxy, keeps no cookie, and ends in time whatever the other side does.
 */
import { Agent, type buildConnector, type Dispatcher } from "undici";
import { addressGuard } from "./outboundAddress.ts";
import { GuardedError, guardedConnector, type Resolve, systemResolve } from "./outboundConnect.ts";
import { outboundUrlFault } from "./outboundUrl.ts";

export interface OutboundOptions {
  /** CIDRs of private or loopback ranges that may be reached, also by `http:`; link-local never. */
  readonly allowedNetworks: readonly string[];
  /** The whole exchange, from the look-up to the last byte, in milliseconds; 10 s unless given. */
  readonly limitMs?: number;
  /** The system's unless given. */
  readonly resolve?: Resolve;
  /** undici's unless given. */
  readonly makeConnector?: typeof buildConnector;
}

interface OutboundRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Bytes of the answer's body that are read; what comes after them is not waited for. */
  readonly mostBytes: number;
}

/** What became of a request: never thrown, for every way to fail is to be expected. */
export type OutboundOutcome = Answered | NotAnswered;

export interface Answered {
  readonly kind: "answered";
  /** Of whichever class: a redirect is an answer, and is not followed. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  /** Whether the body was longer than what was read. */
  readonly truncated: boolean;
  readonly durationMs: number;
}

interface NotAnswered {
  /** `refused` by our own guard, so that nothing was sent; `failed` on the way. */
  readonly kind: "refused" | "failed";
  /** For people; tells nothing that the other side said. */
  readonly reason: string;
  readonly durationMs: number;
}

export interface Outbound {
  readonly send: (request: OutboundRequest) => Promise<OutboundOutcome>;
  /** Why no request may go to this URL; undefined where one may be tried. */
  readonly urlFault: (url: string) => string | undefined;
  /** Cuts what still runs. */
  readonly close: () => Promise<void>;
}

const SECOND = 1_000;
const LIMIT_MS = 10 * SECOND;
/** A connection that idles is let go soon: the far side may do so too, and a request on it would then fail. */
const IDLE_MS = 4 * SECOND;

/** Makes the way out; one for a process. */
export function createOutbound(options: OutboundOptions): Outbound {
  const { allowedNetworks, limitMs = LIMIT_MS, resolve = systemResolve, makeConnector } = options;
  const guard = addressGuard(allowedNetworks);
  const agent = new Agent({
    connect: guardedConnector(guard, resolve, limitMs, makeConnector),
    connectTimeout: limitMs,
    headersTimeout: limitMs,
    bodyTimeout: limitMs,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    pipelining: 1,
  });
  const urlFault = (url: string): string | undefined => outboundUrlFault(guard, url);
  const send = async (request: OutboundRequest): Promise<OutboundOutcome> => {
    const begin = performance.now();
    const took = (): number => Math.round(performance.now() - begin);
    const fault = urlFault(request.url);
    if (fault !== undefined) return { kind: "refused", reason: `The URL ${fault}.`, durationMs: took() };
    try {
      const signal = AbortSignal.timeout(limitMs);
      return { ...(await inTime(signal, exchange(agent, request, signal))), durationMs: took() };
    } catch (error) {
      return { ...notAnswered(error, limitMs), durationMs: took() };
    }
  };
  return { send, urlFault, close: () => agent.destroy() };
}

/** undici heeds the signal only once it is connected. */
async function inTime<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const cut = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  return Promise.race([work, cut]);
}

async function exchange(
  agent: Agent,
  request: OutboundRequest,
  signal: AbortSignal,
): Promise<Omit<Answered, "durationMs">> {
  const { method, url, headers = {}, body = null, mostBytes } = request;
  const { origin, pathname, search } = new URL(url);
  const answer = await agent.request({
    origin,
    path: pathname + search,
    method,
    // No Accept-Encoding: an answer that is not compressed cannot grow when it is read.
    headers: { "user-agent": "Usher", accept: "*/*", ...headers },
    body,
    signal,
  });
  const read = await readBody(answer.body, mostBytes);
  return { kind: "answered", status: answer.statusCode, headers: answer.headers, ...read };
}

async function readBody(
  body: Dispatcher.ResponseData["body"],
  most: number,
): Promise<{ body: string; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    // Leaving the loop ends the connection.
    if (size > most) break;
  }
  const text = new TextDecoder().decode(Buffer.concat(chunks).subarray(0, most));
  return { body: text, truncated: size > most };
}

/** Node's and undici's codes, in words. What is not among them is shown by its code. */
const causes: Readonly<Record<string, string>> = {
  ENOTFOUND: "The host name has no address.",
  EAI_AGAIN: "The host name could not be looked up.",
  ECONNREFUSED: "The server takes no connections on this port.",
  ECONNRESET: "The server cut the connection.",
  UND_ERR_SOCKET: "The server cut the connection.",
  EHOSTUNREACH: "There is no way to this host.",
  ENETUNREACH: "There is no way to this host.",
  CERT_HAS_EXPIRED: "The server's certificate has expired.",
  ERR_TLS_CERT_ALTNAME_INVALID: "The server's certificate is for another name.",
  DEPTH_ZERO_SELF_SIGNED_CERT: "The server's certificate is signed by nobody that is trusted.",
  SELF_SIGNED_CERT_IN_CHAIN: "The server's certificate is signed by nobody that is trusted.",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "The server's certificate comes without those that vouch for it.",
  UND_ERR_HEADERS_OVERFLOW: "The answer's headers are too long.",
};
const timeouts = [
  "TimeoutError",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
];

function notAnswered(error: unknown, limitMs: number): Omit<NotAnswered, "durationMs"> {
  if (error instanceof GuardedError) return { kind: "refused", reason: error.message };
  const code = codeOf(error);
  if (timeouts.includes(code)) {
    return { kind: "failed", reason: `The server did not answer in full within ${limitMs / SECOND} s.` };
  }
  // Never the message: a parser's may quote what another service on that port said.
  return { kind: "failed", reason: causes[code] ?? `The exchange failed (${code}).` };
}

/** Several addresses that all refused are an AggregateError with the code of the first. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if (error.name === "TimeoutError") return error.name;
  const { code } = error as NodeJS.ErrnoException;
  return code ?? (error.cause === undefined ? error.name : codeOf(error.cause));
}
