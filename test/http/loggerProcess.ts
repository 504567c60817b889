/** A process of the proof of `logger.test.ts`: it logs, and ends when it is told to, as the server does. */
import { createLogger } from "../../src/http/logger.ts";

const log = createLogger("info");
process.on("SIGTERM", () => {
  log.info("stopped");
  process.exit(0);
});
process.on("SIGHUP", () => {
  for (let line = 0; line < 500; line++) log.info({ line }, "a line");
});
process.stderr.write("up\n");
// Keeps the process alive; also the periodic write must not end it.
setInterval(() => process.stderr.write("alive\n"), 300);
