/**
 * A throwaway PostgreSQL for tests and the bench: its own cluster in a temporary folder, on loopback TCP alone,
 * stopped and removed by the process that started it.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Client } from "pg";

/** What `startPostgres` may be told. */
export interface PostgresOptions {
  /** fsync on, as in production: for measuring and for crash tests. Off by default, since tests want speed. */
  readonly durable?: boolean;
  /** Sort text as English does (PostgreSQL 15+ with ICU), as most hosted databases do; else by code point. On by default. */
  readonly linguistic?: boolean;
}

/** A running cluster with one database. */
export interface Postgres {
  /** The database as its owner: not a superuser, bound by row-level security, may create roles. */
  readonly url: string;
  /** The same database as superuser. */
  readonly adminUrl: string;
  /** Process id of the postmaster that we started. */
  readonly pid: number;
  /** Ends every connection and removes the cluster. Resolves when both are gone. */
  stop(): Promise<void>;
}

interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

const OWNER = "usher_test";
const DATABASE = "usher_test";
/** Signals that end a process without its "exit" event. */
const DEADLY: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * The folder of `initdb` and `postgres`: from PATH, else the newest that Debian's packages left.
 * Undefined where there is none.
 */
export function findPostgres(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...versions.map((v) => join(debian, v, "bin"))];
  return folders.find((folder) => ["initdb", "postgres"].every((program) => existsSync(join(folder, program))));
}

/** Starts a cluster of its own. Rejects with PostgreSQL's own words where it does not come up. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const binaries = findPostgres();
  if (binaries === undefined) throw new Error("no PostgreSQL here: install it (Debian: apt-get install postgresql)");
  const owner = unprivileged();
  const folder = mkdtempSync(join(tmpdir(), "usher-postgres-"));
  const password = randomBytes(16).toString("hex");
  initialise(binaries, folder, owner, password);
  const port = await freePort();
  const server = spawn(join(binaries, "postgres"), settings(folder, port, options), {
    ...owner,
    cwd: folder,
    env: environment(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const forget = removeOnExit(server, folder);
  const stop = async (): Promise<void> => {
    await stopServer(server);
    forget();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(server);
    const urlOf = (user: string, database: string): string =>
      `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
    await createDatabase(urlOf("postgres", "postgres"), password, options.linguistic ?? true);
    return { url: urlOf(OWNER, DATABASE), adminUrl: urlOf("postgres", DATABASE), pid: server.pid ?? 0, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** PostgreSQL refuses to run as root; Debian's own user is best, `nobody` is everywhere. */
function unprivileged(): Owner {
  if (process.getuid?.() !== 0) return {};
  for (const user of ["postgres", "nobody"]) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync("id", [flag, user], { encoding: "utf8", stdio: "pipe" }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // The next one, then.
    }
  }
  throw new Error("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody");
}

function initialise(binaries: string, folder: string, owner: Owner, password: string): void {
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (owner.uid !== undefined && owner.gid !== undefined) {
    for (const path of [folder, passwordFile]) chownSync(path, owner.uid, owner.gid);
  }
  const args = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`, "--no-sync"];
  execFileSync(join(binaries, "initdb"), [...args, "--encoding=UTF8", "--locale=C", join(folder, "data")], {
    ...owner,
    cwd: folder,
    env: environment(),
    stdio: "pipe",
  });
}

function settings(folder: string, port: number, { durable = false }: PostgresOptions): string[] {
  const durability = durable ? [] : ["fsync=off", "full_page_writes=off", "synchronous_commit=off"];
  const all = [
    "listen_addresses=127.0.0.1",
    `port=${port}`,
    "unix_socket_directories=",
    "max_connections=200",
    "timezone=UTC",
    ...durability,
  ];
  return ["-D", join(folder, "data"), ...all.flatMap((setting) => ["-c", setting])];
}

/** Ours, less what would point PostgreSQL elsewhere or translate the line that we wait for. */
function environment(): NodeJS.ProcessEnv {
  const ours = Object.entries(process.env).filter(([name]) => !name.startsWith("PG") && !name.startsWith("LC_"));
  return { ...Object.fromEntries(ours), LC_ALL: "C" };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

/** Resolves at the postmaster's own word that it takes connections, rejects with its log if it ends before. */
async function ready(server: ChildProcess): Promise<void> {
  let log = "";
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.on("exit", () => reject(new Error(`PostgreSQL did not start:\n${log}`)));
    // Stays on: a pipe that nobody reads would block the server once it is full.
    server.stderr?.on("data", (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4000);
      if (log.includes("database system is ready to accept connections")) resolve();
    });
  });
}

async function createDatabase(adminUrl: string, password: string, linguistic: boolean): Promise<void> {
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query(`create role ${OWNER} login createrole nosuperuser nobypassrls password '${password}'`);
    const locale = linguistic ? await linguisticLocale(admin) : "";
    await admin.query(`create database ${DATABASE} owner ${OWNER} template template0 ${locale}`);
  } finally {
    await admin.end();
  }
}

/** Hosted databases mostly sort by a language, the embedded one by code point: the suite must pass under both. */
async function linguisticLocale(admin: Client): Promise<string> {
  const version = await admin.query<{ number: number; icu: boolean }>(
    `select current_setting('server_version_num')::int as number,
            exists (select from pg_collation where collname = 'en-x-icu') as icu`,
  );
  const row = version.rows[0];
  return row?.icu && row.number >= 150000 ? "locale_provider icu icu_locale 'en-US' locale 'C'" : "";
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, "exit");
  // Fast shutdown: open transactions are rolled back, clients cut off.
  server.kill("SIGINT");
  await gone;
}

/** A test process that dies must not leave a server behind. Returns how to call this off. */
function removeOnExit(server: ChildProcess, folder: string): () => void {
  const remove = (): void => {
    server.kill("SIGQUIT");
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
  const removeAndDie = (signal: NodeJS.Signals): void => {
    remove();
    process.kill(process.pid, signal);
  };
  process.once("exit", remove);
  for (const signal of DEADLY) process.once(signal, removeAndDie);
  return () => {
    process.off("exit", remove);
    for (const signal of DEADLY) process.off(signal, removeAndDie);
  };
}
