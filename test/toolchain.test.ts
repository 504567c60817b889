import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Client } from "pg";
import { findPostgres, startPostgres } from "./support/postgres.ts";

interface Entry {
  version: string;
  integrity?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
}

type MissingPackages = (wanted: { dev: boolean }, folder: string) => string[];

/** The scripts are plain JavaScript without types, since they run before anything is installed. */
async function missingPackages(): Promise<MissingPackages> {
  const script: string = "../scripts/install.mjs";
  const module = (await import(script)) as { missingPackages: MissingPackages };
  return module.missingPackages;
}

describe("what npm start installs", () => {
  let folder: string;
  let missing: MissingPackages;
  before(async () => {
    missing = await missingPackages();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "usher-install-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(path: string, value: unknown): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof value === "string" ? value : JSON.stringify(value));
  }
  function lock(packages: Record<string, Entry>): void {
    write("package-lock.json", { packages: { "": { version: "0.1.0" }, ...packages } });
  }
  function installed(packages: Record<string, Entry>): void {
    write("node_modules/.package-lock.json", { packages });
    for (const path of Object.keys(packages)) write(`${path}/package.json`, {});
  }
  const here = { os: [process.platform], cpu: [process.arch] };

  it("is nothing where every package is as the lock file says", () => {
    lock({ "node_modules/a": { version: "1.0.0", integrity: "x" } });
    installed({ "node_modules/a": { version: "1.0.0", integrity: "x" } });
    assert.deepEqual(missing({ dev: true }, folder), []);
  });

  it("is everything in a fresh clone", () => {
    lock({ "node_modules/a": { version: "1.0.0" }, "node_modules/b": { version: "1.0.0", dev: true } });
    assert.deepEqual(missing({ dev: true }, folder), ["node_modules/a", "node_modules/b"]);
  });

  it("is everything after an interrupted installation, which leaves folders and no record", () => {
    lock({ "node_modules/a": { version: "1.0.0" } });
    write("node_modules/a/package.json", {});
    assert.deepEqual(missing({ dev: true }, folder), ["node_modules/a"]);
  });

  it("is everything where the record is not JSON", () => {
    lock({ "node_modules/a": { version: "1.0.0" } });
    installed({ "node_modules/a": { version: "1.0.0" } });
    write("node_modules/.package-lock.json", "{");
    assert.deepEqual(missing({ dev: true }, folder), ["node_modules/a"]);
  });

  it("is what a pull has changed: a new version, or other bytes of the same", () => {
    lock({ "node_modules/a": { version: "1.0.1" }, "node_modules/b": { version: "1.0.0", integrity: "y" } });
    installed({ "node_modules/a": { version: "1.0.0" }, "node_modules/b": { version: "1.0.0", integrity: "x" } });
    assert.deepEqual(missing({ dev: true }, folder), ["node_modules/a", "node_modules/b"]);
  });

  it("is a package whose folder was deleted by hand", () => {
    lock({ "node_modules/a": { version: "1.0.0" } });
    installed({ "node_modules/a": { version: "1.0.0" } });
    rmSync(join(folder, "node_modules/a"), { recursive: true });
    assert.deepEqual(missing({ dev: true }, folder), ["node_modules/a"]);
  });

  it("is no development package where a built server only runs", () => {
    lock({ "node_modules/a": { version: "1.0.0", dev: true } });
    assert.deepEqual(missing({ dev: false }, folder), []);
    assert.deepEqual(missing({ dev: true }, folder), ["node_modules/a"]);
  });

  it("is the binary of this platform and none of another, so that node_modules of another machine is replaced", () => {
    lock({
      "node_modules/here": { version: "1.0.0", optional: true, ...here },
      "node_modules/elsewhere": { version: "1.0.0", optional: true, os: ["none"], cpu: [process.arch] },
      "node_modules/anywhere": { version: "1.0.0", optional: true },
    });
    assert.deepEqual(missing({ dev: true }, folder), ["node_modules/here"]);
  });
});

if (findPostgres() !== undefined) {
  describe("the throwaway PostgreSQL", () => {
    it("gives tests an owner of the database that is no superuser and cannot pass row-level security", async () => {
      const postgres = await startPostgres();
      const client = new Client({ connectionString: postgres.url });
      try {
        await client.connect();
        const { rows } = await client.query(
          `select rolsuper, rolbypassrls, rolcreaterole, pg_get_userbyid(datdba) = current_user as owner
             from pg_roles, pg_database where rolname = current_user and datname = current_database()`,
        );
        assert.deepEqual(rows, [{ rolsuper: false, rolbypassrls: false, rolcreaterole: true, owner: true }]);
      } finally {
        await client.end();
        await postgres.stop();
      }
      await assert.rejects(new Client({ connectionString: postgres.url }).connect(), { code: "ECONNREFUSED" });
    });
  });
}
