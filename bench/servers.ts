/** Starts and ends the two servers under test, each a process of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Cores } from "./machine.ts";

/** Of a process, in bytes. */
export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
}

/** A server that answers. */
export interface RunningServer {
  readonly port: number;
  readonly pid: number;
  /** What it holds after a full garbage collection, in bytes. */
  readonly memory: () => Promise<Memory>;
  readonly stop: () => Promise<void>;
}

/** What both servers are started with. */
export interface ServerOptions {
  readonly databaseUrl: string;
  readonly cores: Cores | null;
  /** Folder for a CPU profile of each server. */
  readonly profiles: string | undefined;
}

/** Enough for a build before it. */
const READY_MS = 120_000;
const POLL_MS = 100;
/** A server that has not stopped by then is killed. */
const STOP_MS = 15_000;
/** Of every Usher of a run: they are processes of one installation, on one database. */
const SECRET_KEY = randomBytes(32).toString("base64");

/** Usher as `npm start` runs it, built; the log holds warnings, as in production under load. */
export async function startUsher(
  options: ServerOptions,
  operatorKey: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  return startServer(options, [fileURLToPath(new URL("../scripts/start.mjs", import.meta.url))], {
    USHER_OPERATOR_KEY: operatorKey,
    USHER_SECRET_KEY: SECRET_KEY,
    USHER_DATA_DIR: join(tmpdir(), "usher-bench"),
    LOG_LEVEL: "warn",
    ...environment,
  });
}

/** A bare server: `bare.ts`, or what else it is compared with. */
export async function startBare(
  options: ServerOptions,
  file = new URL("bare.ts", import.meta.url),
): Promise<RunningServer> {
  return startServer(options, ["--import", "tsx/esm", fileURLToPath(file)], {});
}

async function startServer(
  { databaseUrl, cores, profiles }: ServerOptions,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<RunningServer> {
  const port = await freePort();
  const profiling = profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profiles}`];
  const node = [process.execPath, ...profiling, "--expose-gc", "--import", new URL("probe.mjs", import.meta.url).href];
  const command = [...(cores ? ["taskset", "-c", cores.server] : []), ...node, ...args];
  const env = { ...process.env, NODE_ENV: "production", PORT: `${port}`, DATABASE_URL: databaseUrl, ...environment };
  const [program = "", ...rest] = command;
  const child = spawn(program, rest, { env, stdio: ["ignore", process.stderr, process.stderr, "ipc"] });
  const stop = (): Promise<void> => end(child);
  // The run then fails by itself, for its connections close, and ends what else it started.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => child.kill());
  try {
    await ready(child, port);
    return { port, pid: child.pid ?? 0, memory: () => memoryOf(child), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function ready(child: ChildProcess, port: number): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("a server under test ended, see above");
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`a server under test was not ready within ${READY_MS / 1000} s`);
}

async function memoryOf(child: ChildProcess): Promise<Memory> {
  const told = once(child, "message");
  child.send("memory");
  const [memory] = (await told) as [Memory];
  return memory;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await gone;
  clearTimeout(late);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
