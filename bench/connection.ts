/**
 * One keep-alive HTTP connection to loopback, one request at a time. It shares a core with PostgreSQL, so it is spared
 * what node:http does for clients in general.
 */
import { once } from "node:events";
import { connect } from "node:net";

/** A request as it goes over the wire. */
export interface HttpRequest {
  readonly method: "GET" | "POST" | "PATCH";
  /** With its query. */
  readonly path: string;
  readonly token: string;
  readonly body?: object;
  /** Media type of the body; SCIM's unless given. */
  readonly type?: string;
}

/** What was answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** An open connection. */
export interface HttpConnection {
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

/** An answer later than this fails the run, milliseconds. */
const SILENCE_MS = 30_000;
const SCIM = "application/scim+json";
const HEAD_END = Buffer.from("\r\n\r\n");

/** Connects to a port of 127.0.0.1. */
export async function openConnection(port: number): Promise<HttpConnection> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  let received: Buffer = Buffer.alloc(0);
  let settle: { resolve(answer: HttpAnswer): void; reject(error: Error): void } | undefined;
  const fail = (error: Error): void => {
    settle?.reject(error);
    settle = undefined;
  };
  socket.setTimeout(SILENCE_MS, () => {
    // Between its turns a connection is silent, and may be.
    if (settle) socket.destroy(new Error(`no answer within ${SILENCE_MS} ms`));
  });
  socket.on("error", fail);
  socket.on("close", () => fail(new Error("the server closed the connection")));
  socket.on("data", (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    try {
      const answer = readAnswer(received);
      if (!answer) return;
      received = Buffer.alloc(0);
      settle?.resolve(answer);
      settle = undefined;
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error("the server has closed the connection"));
        settle = { resolve, reject };
        socket.write(encode(request));
      }),
    close: () => void socket.destroy(),
  };
}

function encode({ method, path, token, body, type = SCIM }: HttpRequest): string {
  const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n`;
  if (body === undefined) return `${head}\r\n`;
  const text = JSON.stringify(body);
  return `${head}Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

/** Undefined until the whole answer is there. Both servers send Content-Length (RFC 9112 §6.3), never chunks. */
function readAnswer(bytes: Buffer): HttpAnswer | undefined {
  const end = bytes.indexOf(HEAD_END);
  if (end === -1) return undefined;
  const head = bytes.toString("latin1", 0, end);
  const status = Number(head.slice(9, 12));
  // RFC 9110 §8.6: a 204 has no Content-Length, and nothing follows its head.
  const length = status === 204 ? "0" : /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without Content-Length:\n${head}`);
  const start = end + HEAD_END.length;
  if (bytes.length < start + Number(length)) return undefined;
  return { status, body: bytes.toString("utf8", start, start + Number(length)) };
}
