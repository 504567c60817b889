/** The real server as a process of its own, as `npm start` runs it, and how it ends. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

export const OPERATOR_KEY = "operator-key-of-the-tests-0123456789";
const SECRET_KEY = Buffer.alloc(32, 7).toString("base64");

type Environment = Readonly<Record<string, string>>;

/** How a process ended, and what it said until then. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of the server. */
export interface ServerProcess {
  readonly url: string;
  /** What it has logged so far, one JSON line each. */
  readonly log: () => string;
  /** Sends a signal, and resolves when the process is gone. */
  readonly end: (signal: NodeJS.Signals) => Promise<Ended>;
  readonly ended: Promise<Ended>;
}

function run(environment: Environment): { child: ChildProcess; ended: Promise<Ended>; output: Output } {
  // Nothing of the caller's own settings, but what Node needs to run.
  const { PATH = "", HOME = "", TMPDIR } = process.env;
  const env = { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...environment };
  const args = ["--import", "tsx/esm", "src/main.ts"];
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const output: Output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  const ended = once(child, "close").then(([status, signal]) => {
    process.off("exit", kill);
    return { status: status as number | null, signal: signal as NodeJS.Signals | null, ...output };
  });
  return { child, ended, output };
}

interface Output {
  stdout: string;
  stderr: string;
}

/** Runs the server with these variables until it ends by itself. */
export function runToEnd(environment: Environment): Promise<Ended> {
  return run(environment).ended;
}

/** How often another port is tried, where somebody else took the one that was free a moment ago. */
const PORTS = 5;

/** How long a start may take on a busy machine; then it is ended and its log says how far it came. */
const START_MS = 90_000;

/** Starts the server with these variables on a free port. Rejects with its own words if it ends before it is ready. */
export async function startServer(environment: Environment, tries = PORTS): Promise<ServerProcess> {
  const port = await freePort();
  const { child, ended, output } = run({
    PORT: String(port),
    USHER_OPERATOR_KEY: OPERATOR_KEY,
    USHER_SECRET_KEY: SECRET_KEY,
    LOG_LEVEL: "warn",
    ...environment,
  });
  let over: Ended | undefined;
  void ended.then((how) => (over = how));
  const url = `http://127.0.0.1:${port}`;
  const latest = Date.now() + START_MS;
  while (!(await isReady(url)) || over) {
    if (over?.stderr.includes("EADDRINUSE") && tries > 1) return startServer(environment, tries - 1);
    if (over) throw new Error(`the server ended (${over.status}): ${over.stderr}`);
    if (Date.now() > latest) {
      child.kill("SIGKILL");
      throw new Error(`the server was not ready in ${START_MS} ms: ${output.stdout}${output.stderr}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const end = (signal: NodeJS.Signals): Promise<Ended> => {
    child.kill(signal);
    return ended;
  };
  return { url, log: () => output.stdout + output.stderr, end, ended };
}

async function isReady(url: string): Promise<boolean> {
  try {
    // Whoever took the port meanwhile may never answer.
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
}

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
