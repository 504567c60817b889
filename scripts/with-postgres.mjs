/**
 * `node scripts/with-postgres.mjs [--durable] -- COMMAND [ARGUMENTS]`: runs a command beside a throwaway PostgreSQL,
 * whose URL it finds in TEST_DATABASE_URL, and ends with the command's exit status.
 */
import { ensureInstalled } from "./install.mjs";
import { requireNode, run, say } from "./run.mjs";

const EX_USAGE = 64;

function readArguments(args) {
  const end = args.indexOf("--");
  const flags = args.slice(0, end === -1 ? 0 : end);
  const [command, ...rest] = args.slice(end + 1);
  if (command === undefined || flags.some((flag) => flag !== "--durable")) {
    say("usage: node scripts/with-postgres.mjs [--durable] -- COMMAND [ARGUMENTS]");
    process.exit(EX_USAGE);
  }
  return { durable: flags.includes("--durable"), command, rest };
}

requireNode();
const { durable, command, rest } = readArguments(process.argv.slice(2));
await ensureInstalled({ dev: true });
const { tsImport } = await import("tsx/esm/api");
const { startPostgres } = await tsImport("../test/support/postgres.ts", import.meta.url);
const postgres = await startPostgres({ durable });
try {
  const env = { ...process.env, TEST_DATABASE_URL: postgres.url };
  process.exitCode = await run(command, rest, { cwd: process.cwd(), env });
} finally {
  await postgres.stop();
}
