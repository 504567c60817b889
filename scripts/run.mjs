/** What the scripts share: where the project is, how it speaks, how it runs another program in its place. */
import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const OLDEST = [20, 19];
/** EX_CONFIG of sysexits.h: the status that Usher uses for whatever the operator has to put right. */
const EX_CONFIG = 78;

/** One line for the person at the terminal; on stderr, so that stdout stays the program's own. */
export function say(line) {
  process.stderr.write(`usher: ${line}\n`);
}

/** Ends the process with one clear line where Node is too old to parse or run the sources. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  say(`needs Node ${OLDEST.join(".")} or newer; this is ${process.versions.node}`);
  process.exit(EX_CONFIG);
}

/**
 * Runs a program in this terminal and resolves to its exit status, 128 + n where signal n ended it. Signals that
 * reach us go on to it, and we stay until it is gone.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit", cwd: root, ...options });
    const stopListening = forwardSignals(child);
    child.on("error", (error) => {
      stopListening();
      reject(error);
    });
    child.on("close", (code, signal) => {
      stopListening();
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

function forwardSignals(child) {
  const forward = (signal) => {
    // A terminal sends ^C to the whole process group; sent on, it would reach the child twice.
    if (signal === "SIGINT" && process.stdin.isTTY) return;
    child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, forward);
  return () => {
    for (const signal of signals) process.off(signal, forward);
  };
}
