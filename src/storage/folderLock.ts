import { createHash } from "node:crypto";
import { mkdirSync, realpathSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Refusal } from "../base/errors.ts";

const LONGEST_SOCKET_PATH = 100; // sun_path holds 104 bytes on BSD, 108 on Linux
const TRIES = 20;

/**
 * Takes the folder of the embedded database for this process. PGlite has no lock of its own, and two processes on one
 * folder corrupt it silently.
 *
 * The lock is a listening unix socket: it dies with the process however that ends, and works across containers that
 * share the folder, where a process id means nothing.
 *
 * @returns releases the lock
 * @throws Refusal `unavailable` when another process holds the folder
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  mkdirSync(folder, { recursive: true });
  const path = socketPath(realpathSync(folder));
  for (let i = 0; i < TRIES; i++) {
    const server = await listen(path);
    if (server) return () => new Promise((resolve) => server.close(() => resolve()));
    if (await answers(path)) {
      throw new Refusal(
        "unavailable",
        `another process uses the embedded database in ${folder}: stop it, or choose another USHER_DATA_DIR`,
      );
    }
    await takeOver(path);
  }
  throw new Error(`cannot lock ${folder}`);
}

function socketPath(folder: string): string {
  const inside = join(folder, "lock");
  if (Buffer.byteLength(inside) <= LONGEST_SOCKET_PATH) return inside;
  return join(tmpdir(), `usher-${createHash("sha256").update(folder).digest("hex").slice(0, 24)}.lock`);
}

function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => resolve(server.unref()));
  });
}

/** Whether a living process listens there; a refused connection is a leftover of one that was killed. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Removes a dead socket; a folder made by `mkdir` lets one process do it at a time, so that none removes a new one. */
async function takeOver(path: string): Promise<void> {
  const guard = `${path}.takeover`;
  try {
    mkdirSync(guard);
  } catch {
    await delay(50 + Math.random() * 50);
    // Whoever made the guard needs a millisecond; one that is still here was left by a killed process.
    rmSync(guard, { recursive: true, force: true });
    return;
  }
  if (!(await answers(path))) rmSync(path, { force: true });
  rmSync(guard, { recursive: true, force: true });
}
