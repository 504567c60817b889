import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Refusal } from "../base/errors.ts";

const LONGEST_SOCKET_PATH = 100; // sun_path holds 104 bytes on BSD, 108 on Linux
/** What follows the lock's folder in the longest path: `/`, the name of a draft or generation, `/socket`. */
const LONGEST_ENTRY = 1 + 16 + "/socket".length;
const TRIES = 100;

/**
 * Takes the folder of the embedded database for this process. PGlite has no lock of its own, and two processes on one
 * folder corrupt it silently.
 *
 * The lock is a listening unix socket: it dies with the process however that ends, and works across containers that
 * share the folder, where a process id means nothing. Each holder has a generation of its own, a numbered folder with
 * its socket: it appears whole, by `rename`, with a socket that listens already, and only if nobody else has that
 * number. So a socket that refuses is of one who is gone, and nobody ever removes the lock of another.
 *
 * @returns releases the lock
 * @throws Refusal `unavailable` when another process holds the folder
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  mkdirSync(folder, { recursive: true });
  const lock = lockPath(realpathSync(folder));
  mkdirSync(lock, { recursive: true, mode: 0o700 });
  for (let i = 0; i < TRIES; i++) {
    const last = latest(lock);
    if (last > 0 && (await answers(socketOf(lock, last)))) throw inUse(folder);
    const release = await take(lock, last + 1);
    if (release) return release;
  }
  throw new Error(`cannot lock ${folder}`);
}

function inUse(folder: string): Refusal {
  return new Refusal(
    "unavailable",
    `another process uses the embedded database in ${folder}: stop it, or choose another USHER_DATA_DIR`,
  );
}

function lockPath(folder: string): string {
  const inside = join(folder, "lock");
  if (Buffer.byteLength(inside) + LONGEST_ENTRY <= LONGEST_SOCKET_PATH) return inside;
  return join(tmpdir(), `usher-${createHash("sha256").update(folder).digest("hex").slice(0, 24)}`);
}

function socketOf(lock: string, entry: number | string): string {
  return join(lock, String(entry), "socket");
}

function generations(lock: string): number[] {
  return readdirSync(lock)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function latest(lock: string): number {
  return Math.max(0, ...generations(lock));
}

/** Takes a generation; undefined when somebody was faster. The latest one stays when its holder ends, for the count. */
async function take(lock: string, generation: number): Promise<(() => Promise<void>) | undefined> {
  const draft = `new-${randomBytes(6).toString("hex")}`;
  mkdirSync(join(lock, draft));
  const server = await listen(socketOf(lock, draft));
  const release = (): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));
  if (publish(lock, draft, generation) && latest(lock) === generation) {
    for (const old of generations(lock)) if (old < generation) remove(lock, old);
    return release;
  }
  await release();
  remove(lock, draft);
  return undefined;
}

/** Renaming onto a folder that is not empty fails: of several, one has the generation. */
function publish(lock: string, draft: string, generation: number): boolean {
  try {
    renameSync(join(lock, draft), join(lock, String(generation)));
    return true;
  } catch (error) {
    if (["ENOTEMPTY", "EEXIST"].includes(codeOf(error))) return false;
    throw error;
  }
}

function remove(lock: string, entry: number | string): void {
  rmSync(join(lock, String(entry)), { recursive: true, force: true });
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen(path, () => resolve(server.unref()));
  });
}

/** Whether a living process listens there. Whatever else than "nobody does" is taken for yes. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error) => resolve(!["ECONNREFUSED", "ENOENT"].includes(codeOf(error))));
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
