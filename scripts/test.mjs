/** `npm test [-- mocha's arguments or test files]`: installs what is missing, then runs the suite in one process. */
import { join } from "node:path";
import { ensureInstalled } from "./install.mjs";
import { requireNode, root, run } from "./run.mjs";

/** Suites that need something from outside, or that it be not there: else they do not run, and say so. */
const optionalSuites = [
  {
    name: "EMBEDDED DATABASE",
    found: async () => process.env.TEST_DATABASE_URL === undefined,
    remedy: "they are no PostgreSQL server's; unset TEST_DATABASE_URL",
  },
  {
    name: "REAL POSTGRESQL",
    found: async () => process.env.TEST_DATABASE_URL !== undefined || (await findPostgres()) !== undefined,
    remedy: "install PostgreSQL 14 or newer (Debian: apt-get install postgresql) or set TEST_DATABASE_URL",
  },
  {
    name: "SIMPLESAMLPHP",
    found: async () => (await supportOf("simpleSamlPhp.ts")).hasSimpleSamlPhp(),
    remedy: "install it (Debian: apt-get install --no-install-recommends simplesamlphp php-cli php-xml php-mbstring)",
  },
  {
    name: "REAL BROWSER",
    found: async () => (await supportOf("chromium.ts")).hasChromium(),
    remedy: "install Chromium (Debian: apt-get install --no-install-recommends chromium)",
  },
];

async function findPostgres() {
  return (await supportOf("postgres.ts")).findPostgres();
}

async function supportOf(file) {
  const { tsImport } = await import("tsx/esm/api");
  return tsImport(`../test/support/${file}`, import.meta.url);
}

async function announceWhatWillNotRun() {
  for (const { name, found, remedy } of optionalSuites) {
    if (await found()) continue;
    process.stderr.write(`\n!!! ${name} SUITES DO NOT RUN HERE: ${remedy}\n\n`);
  }
}

requireNode();
await ensureInstalled({ dev: true });
await announceWhatWillNotRun();
const args = process.argv.slice(2);
const files = args.some((arg) => !arg.startsWith("-") && arg.endsWith(".ts")) ? [] : ["test/**/*.test.ts"];
const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");
// One process: the embedded database takes seconds and half a gigabyte to open, once for each process.
process.exitCode = await run(process.execPath, [mocha, ...args, ...files]);
