#!/usr/bin/env node
import { runCli } from "./cli/run.ts";

// Whoever reads our output may stop, as `head` does.
process.stdout.on("error", () => process.exit(0));
process.exitCode = await runCli(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
