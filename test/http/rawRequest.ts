/** A TCP client for what no well-behaved HTTP client sends. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, type Socket } from "node:net";
import type { RequestListener, Server } from "node:http";
import { listen, stop } from "../../src/http/lifecycle.ts";

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

export async function open(server: Server): Promise<Socket> {
  const socket = connect(portOf(server), "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

/** Everything that the server says until `until` matches or it closes the connection. */
export async function readUntil(socket: Socket, until: RegExp): Promise<string> {
  let heard = "";
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    heard += String(chunk);
    if (until.test(heard)) break;
  }
  return heard;
}

/** Sends bytes as they are and returns the answer. */
export async function exchange(server: Server, bytes: string | Buffer, until = /\r\n\r\n[^]+/): Promise<string> {
  const socket = await open(server);
  try {
    socket.write(bytes);
    return await readUntil(socket, until);
  } finally {
    socket.destroy();
  }
}

/** Runs `work` against a listening server of `app`. */
export async function withServer(app: RequestListener, work: (server: Server) => Promise<void>): Promise<void> {
  const server = await listen(app, { host: "127.0.0.1", port: 0 });
  try {
    await work(server);
  } finally {
    await stop(server, 0);
  }
}
