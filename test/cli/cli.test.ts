/** The operator's command line, on both databases, with the server's own variables. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCli } from "../../src/cli/run.ts";
import { ensureKeys, readConfig } from "../../src/config.ts";
import { replaceSealed, sealedAfter } from "../../src/directory/secretKeys/sealed.store.ts";
import { sealedColumns } from "../../src/directory/secretKeys/sealedColumns.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { lockFolder } from "../../src/storage/folderLock.ts";
import { acrossTenants } from "../../src/storage/scope.ts";
import type { Database } from "../../src/storage/types.ts";
import { withPostgres } from "../storage/withPostgres.ts";
import { SEALED, sealedWorld } from "./sealedWorld.ts";

type Environment = Readonly<Record<string, string>>;

const OPERATOR = { USHER_OPERATOR_KEY: "operator-key-of-the-tests-0123456789" };
const keyOf = (fill: number): string => Buffer.alloc(32, fill).toString("base64");

async function cli(environment: Environment, ...words: string[]) {
  let [out, err] = ["", ""];
  const terminal = { environment, out: (text: string) => (out += text), err: (text: string) => (err += text) };
  const status = await runCli(words, terminal);
  return { status, out, err };
}

/** What is answered with `--json`. */
async function told<T>(environment: Environment, ...words: string[]): Promise<T & { status: number }> {
  const { status, out, err } = await cli(environment, ...words, "--json");
  assert.ok(out.endsWith("}\n"), `${out}${err}`);
  return { ...(JSON.parse(out) as T), status };
}

interface Ring {
  readonly keys: readonly { fingerprint: string; seals: boolean; secrets: number }[];
  readonly unreadable: number;
}

interface Jobs {
  readonly items: readonly { id: number; kind: string; lastError: string | null; attempts: number }[];
}

function open(environment: Environment): Promise<Database> {
  const { databaseUrl, dataDir } = readConfig(environment);
  // A server that stops may cut a connection that is just being closed.
  const onFault = (): void => undefined;
  return openDatabase({ url: databaseUrl ?? undefined, prepare: true, folder: dataDir, onFault });
}

describe("the command line", () => {
  it("tells what there is by --help, of all, of a part and of one, and opens no database for it", async () => {
    for (const words of [[], ["--help"], ["jobs", "--help"], ["keys", "-h"], ["jobs", "list", "--help"]]) {
      const { status, out, err } = await cli({}, ...words);
      assert.deepEqual([status, err], [0, ""], words.join(" "));
      assert.match(out, /usher (jobs|keys) /);
    }
    assert.doesNotMatch((await cli({}, "jobs", "--help")).out, /usher keys/);
  });

  const misused: readonly (readonly [words: string[], fault: RegExp])[] = [
    [["frob"], /no command "frob"/],
    [["jobs"], /usher jobs list/],
    [["jobs", "frob"], /no command "jobs frob"/],
    [["jobs", "list", "--frob"], /--frob/],
    [["jobs", "list", "more"], /usage: usher jobs list/],
    [["jobs", "list", "--state", "all"], /--state must be dead or pending/],
    [["jobs", "list", "--limit", "0"], /--limit must be a whole number/],
    [["jobs", "list", "--limit", "-1"], /--limit/],
    [["jobs", "list", "--state"], /--state/],
    [["jobs", "show"], /usage: usher jobs show ID/],
    [["jobs", "show", "x"], /ID must be a whole number/],
    [["jobs", "retry"], /ids of jobs, or --all/],
    [["jobs", "retry", "1", "--all"], /ids of jobs, or --all/],
    [["jobs", "retry", "1", "--kind", "x"], /--kind goes with --all/],
    [["keys", "signing", "retire"], /usage: usher keys signing retire KID/],
    [["keys", "signing", "rotate", "--after", "soon"], /--after must be a whole number/],
  ];
  for (const [words, fault] of misused) {
    it(`refuses \`usher ${words.join(" ")}\` with status 64, and opens no database for it`, async () => {
      const { status, out, err } = await cli({ USHER_DATA_DIR: "/dev/null/none" }, ...words);
      assert.deepEqual([status, out], [64, ""]);
      assert.match(err, fault);
    });
  }

  it("ends with 78 where the configuration is wrong, or names no database that is there: none is made", async () => {
    const wrong = await cli({ PORT: "x" }, "jobs", "list");
    assert.equal(wrong.status, 78);
    assert.match(wrong.err, /^usher: PORT: /);
    const folder = mkdtempSync(join(tmpdir(), "usher-cli-"));
    const { status, err } = await cli({ USHER_DATA_DIR: folder }, "jobs", "list");
    assert.equal(status, 78);
    assert.match(err, /USHER_DATA_DIR: no database in/);
    rmSync(folder, { recursive: true });
  });

  it("ends with 78 where no secret key is known, and makes none: nothing there could be opened with it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "usher-cli-"));
    mkdirSync(join(folder, "pg"));
    const { status, err } = await cli({ USHER_DATA_DIR: folder }, "keys", "secret", "list");
    assert.equal(status, 78);
    assert.match(err, /USHER_SECRET_KEY: not set, nor kept in/);
    assert.deepEqual(readdirSync(folder), ["pg"]);
    rmSync(folder, { recursive: true });
  });

  it("ends with 69 where the database server cannot be reached", async () => {
    const environment = {
      ...OPERATOR,
      USHER_SECRET_KEY: keyOf(1),
      DATABASE_URL: "postgres://u:secret@127.0.0.1:1/none",
    };
    const { status, err } = await cli(environment, "jobs", "list");
    assert.equal(status, 69);
    assert.doesNotMatch(err, /secret/);
  });
});

describe("the command line on the embedded database", () => {
  let folder: string;
  let environment: Environment;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "usher-cli-"));
    environment = { USHER_DATA_DIR: folder };
    const { secretKeys } = ensureKeys(readConfig(environment));
    const db = await open(environment);
    await sealedWorld(db, secretKeys);
    await db.close();
  });
  after(() => rmSync(folder, { recursive: true }));

  it("is refused with 69 while another process holds the folder, and changes nothing", async () => {
    const release = await lockFolder(folder);
    const kept = readFileSync(join(folder, "secret-key"), "utf8");
    const { status, err } = await cli(environment, "keys", "secret", "rotate");
    await release();
    assert.equal(status, 69);
    assert.match(err, /another process uses the embedded database/);
    assert.equal(readFileSync(join(folder, "secret-key"), "utf8"), kept);
  });

  it("rotates the key that is kept in the folder: sealed anew at once, the old one retired when nothing needs it", async () => {
    const before = await told<Ring>(environment, "keys", "secret", "list");
    assert.deepEqual([before.unreadable, before.keys.length], [0, 1]);
    const rotated = await told<{ fingerprint: string; resealed: number }>(environment, "keys", "secret", "rotate");
    assert.equal(rotated.resealed, before.keys[0]?.secrets);
    assert.ok(rotated.resealed >= SEALED);
    const file = join(folder, "secret-key");
    assert.equal(readFileSync(file, "utf8").split(",").length, 2);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const retired = await told<{ retired: string[] }>(environment, "keys", "secret", "retire");
    assert.deepEqual(retired.retired, [before.keys[0]?.fingerprint]);
    const after = await told<Ring>(environment, "keys", "secret", "list");
    assert.deepEqual(after.keys, [{ fingerprint: rotated.fingerprint, seals: true, secrets: rotated.resealed }]);
  });

  it("is a program: its exit status and output are those of a process", async () => {
    const root = fileURLToPath(new URL("../../", import.meta.url));
    const { PATH = "", HOME = "" } = process.env;
    const args = ["--import", "tsx/esm", "src/cli.ts", "jobs", "list", "--json"];
    const child = spawn(process.execPath, args, { cwd: root, env: { PATH, HOME, ...environment } });
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    const [status] = (await once(child, "close")) as [number];
    assert.equal(status, 0);
    assert.equal((JSON.parse(out) as Jobs).items.length, 2);
    const bin = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { bin: Environment }).bin["usher"];
    assert.equal(bin, "dist/cli.js");
  });
});

withPostgres("the command line on a PostgreSQL server", (postgres) => {
  let environment: Environment;
  let db: Database;
  const ring = (...fills: number[]): Environment => ({ ...environment, USHER_SECRET_KEY: fills.map(keyOf).join(",") });
  before(async () => {
    environment = { ...OPERATOR, DATABASE_URL: postgres().url, USHER_SECRET_KEY: keyOf(1) };
    db = await open(environment);
    await sealedWorld(db, [Buffer.alloc(32, 1)]);
  });
  after(() => db.close());

  it("lists parked jobs and waiting ones, of a kind, a few, and after one, and shows one with its last error", async () => {
    const { items } = await told<Jobs>(environment, "jobs", "list");
    assert.deepEqual(
      items.map(({ kind }) => kind),
      ["test.parked", "test.parked.other"],
    );
    assert.equal(items[0]?.lastError, "the far side is gone");
    const ids = async (...words: string[]): Promise<number[]> =>
      (await told<Jobs>(environment, "jobs", "list", ...words)).items.map(({ id }) => id);
    assert.deepEqual(await ids("--limit", "1"), [items[0]?.id]);
    assert.deepEqual(await ids("--after", String(items[0]?.id)), [items[1]?.id]);
    assert.deepEqual(await ids("--kind", "test.parked.other"), [items[1]?.id]);
    assert.deepEqual(await ids("--kind", "none"), []);
    const waiting = await told<Jobs>(environment, "jobs", "list", "--state", "pending", "--kind", "test.waiting");
    assert.equal(waiting.items.length, 1);
    const shown = await cli(environment, "jobs", "show", String(items[0]?.id));
    assert.match(shown.out, /^lastError: the far side is gone$/m);
    const none = await cli(environment, "jobs", "show", "999999999");
    assert.equal(none.status, 1);
    assert.match(none.err, /no job 999999999/);
    const people = await cli(environment, "jobs", "list");
    assert.match(people.out, /^ID +KIND +TENANT/);
  });

  it("tries parked jobs again, by id or all of a kind, and says which there are not", async () => {
    const { items } = await told<Jobs>(environment, "jobs", "list");
    const [first, second] = items.map(({ id }) => String(id));
    const one = await told<{ retried: number[]; notFound: number[] }>(
      environment,
      "jobs",
      "retry",
      first ?? "",
      "999999999",
    );
    assert.deepEqual([one.status, one.retried, one.notFound], [1, [Number(first)], [999_999_999]]);
    const other = await told<{ retried: number[] }>(environment, "jobs", "retry", "--all", "--kind", "none");
    assert.deepEqual([other.status, other.retried], [0, []]);
    const rest = await told<{ retried: number[] }>(environment, "jobs", "retry", "--all");
    assert.deepEqual([rest.status, rest.retried], [0, [Number(second)]]);
    const { items: pending } = await told<Jobs>(
      environment,
      "jobs",
      "list",
      "--state",
      "pending",
      "--kind",
      "test.parked",
    );
    assert.deepEqual(
      pending.map(({ attempts }) => attempts),
      [0],
    );
    assert.equal((await told<Jobs>(environment, "jobs", "list")).items.length, 0);
  });

  it("knows what every sealed column was sealed for, and every column that holds bytes", async () => {
    const { unreadable, columns } = await told<
      Ring & { columns: { table: string; column: string; byKey: number[] }[] }
    >(environment, "keys", "secret", "list");
    assert.equal(unreadable, 0);
    for (const { table, column, byKey } of columns) assert.ok((byKey[0] ?? 0) > 0, `${table}.${column} has none`);
    const text = `select table_name || '.' || column_name as name from information_schema.columns
      where table_schema = 'public' and udt_name = 'bytea' and column_name !~ '(^|_)hash$'`;
    const rows = await acrossTenants(db, { actor: { type: "system" }, now: new Date() }, ({ trx }) =>
      trx.run<{ name: string }>({ text, values: [] }),
    );
    const known = [...columns.map(({ table, column }) => `${table}.${column}`), ...NOT_SEALED];
    const strangers = rows.map(({ name }) => name).filter((name) => !known.includes(name));
    assert.deepEqual(strangers, [], "seal them in sealedColumns.ts, or say here what they are");
  });

  it("refuses to retire what is still needed, seals anew what the first key did not, and resumes what was cut", async () => {
    const early = await told<{ needed: unknown[] }>(ring(2, 1), "keys", "secret", "retire");
    assert.deepEqual([early.status, early.needed.length], [1, 1]);
    const printed = await told<{ key: string; kept: boolean }>(ring(2, 1), "keys", "secret", "rotate");
    assert.deepEqual([Buffer.from(printed.key, "base64").length, printed.kept], [32, false]);
    // As a run that was cut after its first column leaves it.
    const first = await cli(ring(2, 1), "keys", "secret", "reseal");
    assert.equal(first.status, 0, first.err);
    assert.match(first.err, /^webhooks\.secret: 1 sealed anew$/m);
    const again = await told<{ resealed: number }>(ring(2, 1), "keys", "secret", "reseal");
    assert.equal(again.resealed, 0, "what is done is not done again");
    const { keys, unreadable } = await told<Ring>(ring(2, 1), "keys", "secret", "list");
    assert.equal(unreadable, 0);
    assert.deepEqual([keys[1]?.secrets, keys.length], [0, 2]);
    assert.equal((await told<{ kept: boolean }>(ring(2, 1), "keys", "secret", "retire")).status, 0);
    const alone = await told<Ring>(ring(2), "keys", "secret", "list");
    assert.deepEqual([alone.unreadable, alone.keys[0]?.secrets], [0, keys[0]?.secrets]);
  });

  it("leaves alone what none of the keys opens, and says so with status 1", async () => {
    const { keys } = await told<Ring>(ring(2), "keys", "secret", "list");
    const missing = await told<{ resealed: number; unreadable: number }>(ring(3), "keys", "secret", "reseal");
    assert.deepEqual([missing.status, missing.resealed, missing.unreadable], [1, 0, keys[0]?.secrets]);
    assert.equal((await told<Ring>(ring(3, 4), "keys", "secret", "retire")).status, 1);
    assert.equal((await told<Ring>(ring(2), "keys", "secret", "list")).unreadable, 0, "nothing was changed");
  });

  it("prints no secret", async () => {
    for (const words of [
      ["keys", "secret", "list"],
      ["keys", "secret", "retire"],
      ["keys", "signing", "list"],
    ]) {
      const { out, err } = await cli(ring(2, 1), ...words);
      for (const fill of [1, 2]) assert.ok(!(out + err).includes(keyOf(fill).slice(0, 8)), words.join(" "));
      assert.doesNotMatch(out + err, /"d":|PRIVATE/);
    }
  });

  it("publishes the next signing key, and retires one that signs no more", async () => {
    const states = async (): Promise<Record<string, string>> => {
      const { items } = await told<{ items: { kid: string; state: string }[] }>(ring(2), "keys", "signing", "list");
      return Object.fromEntries(items.map(({ kid, state }) => [kid, state]));
    };
    const [current = ""] = Object.keys(await states());
    const { kid } = await told<{ kid: string }>(ring(2), "keys", "signing", "rotate", "--after", "48");
    assert.deepEqual(await states(), { [kid]: "next", [current]: "current" });
    const kept = await cli(ring(2), "keys", "signing", "retire", current);
    assert.equal(kept.status, 1);
    assert.match(kept.err, /This key signs now/);
    assert.equal((await cli(ring(2), "keys", "signing", "retire", "nobody")).status, 1);
    assert.equal((await cli(ring(2), "keys", "signing", "retire", kid)).status, 0);
    assert.deepEqual(await states(), { [current]: "current" });
  });

  it("does not write over what was changed while it was sealing", async () => {
    const [column] = sealedColumns;
    assert.ok(column);
    const done = await acrossTenants(db, { actor: { type: "system" }, now: new Date() }, async ({ trx }) => {
      const [row] = await trx.run(sealedAfter(column, null, 1));
      assert.ok(row);
      return trx.run(replaceSealed(column, [{ ...row, sealed: Buffer.from("read before"), fresh: Buffer.from("x") }]));
    });
    assert.deepEqual(done, []);
  });
});

/** Bytes that are neither secrets of ours nor called a hash. */
const NOT_SEALED = [
  "account_passkeys.public_key",
  "account_tickets.proof",
  "attempt_limits.key",
  "custom_resource_keys.digest",
  "member_passkeys.public_key",
  "oidc_payloads.id",
  "passkey_challenges.bound_to",
  "provider_logouts.mark",
  "sign_in_steps.password_mark",
];
