/** The listening socket, from its opening to its orderly end. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { Socket } from "node:net";

const SECOND = 1_000;
const STOP_MS = 10 * SECOND;
/** What a connection has to begin its first request when the server stops: browsers open some that never do. */
const SILENT_MS = SECOND;
/** How often a stopping server closes connections whose last answer is sent. */
const SWEEP_MS = 50;

/** A client that dribbles its headers or body holds a connection no longer than this. */
const timeouts = {
  headersTimeout: 15 * SECOND,
  requestTimeout: 60 * SECOND,
  connectionsCheckingInterval: 5 * SECOND,
  // Longer than the 60 s that load balancers keep an idle connection: the one who reuses it should be who closes it.
  keepAliveTimeout: 65 * SECOND,
};

/** Of each server the connections on which no request has come yet; Node.js does not count these as idle. */
const silentOf = new WeakMap<Server, Set<Socket>>();

/** Listens on `host` and `port` (0 = a free one). Rejects with Node's error, as EADDRINUSE, when it cannot. */
export function listen(app: RequestListener, { host, port }: { host: string; port: number }): Promise<Server> {
  const server = createServer(timeouts, app);
  silentOf.set(server, trackSilent(server));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

function trackSilent(server: Server): Set<Socket> {
  const silent = new Set<Socket>();
  server.on("connection", (socket) => {
    silent.add(socket);
    socket.once("close", () => silent.delete(socket));
  });
  server.on("request", (req) => silent.delete(req.socket));
  return silent;
}

/**
 * Stops a server: it accepts no more connections, ends what runs, and closes each connection after its answer.
 *
 * @param limit milliseconds after which the connections that still run are cut
 * @returns whether everything ended by itself
 */
export async function stop(server: Server, limit = STOP_MS): Promise<boolean> {
  let whole = true;
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  const silence = setTimeout(() => cut(silentOf.get(server)), Math.min(SILENT_MS, limit));
  const deadline = setTimeout(() => {
    whole = false;
    server.closeAllConnections();
  }, limit);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  clearInterval(sweep);
  clearTimeout(silence);
  clearTimeout(deadline);
  return whole;
}

function cut(sockets: Iterable<Socket> = []): void {
  for (const socket of sockets) socket.destroy();
}
