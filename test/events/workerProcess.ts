/**
 * A process that does the jobs of the proof of `killed.test.ts` until it is killed or told to end, or none is left.
 * Arguments: a PostgreSQL URL or the folder of an embedded database, and the file that work outside is written to.
 */
import { randomInt } from "node:crypto";
import { appendFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Claimed } from "../../src/events/jobs.ts";
import { startWorker } from "../../src/events/worker.ts";
import { createLogger } from "../../src/http/logger.ts";
import { openDatabase } from "../../src/storage/database.ts";

const [place = "", file = ""] = process.argv.slice(2);
const isUrl = place.startsWith("postgres:");
const db = await openDatabase({
  url: isUrl ? place : undefined,
  folder: isUrl ? undefined : place,
  prepare: true,
  onFault: () => {},
});

/** Some attempts fail, before or after what they do. */
function failNowAndThen(): void {
  if (randomInt(0, 10) === 0) throw new Error("a failure of the proof");
}

const worker = startWorker({
  db,
  log: createLogger("silent"),
  followers: {},
  leaseMs: 2_000,
  retry: { most: 1_000, delay: () => randomInt(0, 20) },
  handlers: {
    "proof.within": {
      within: async ({ trx }, { key, payload }: Claimed) => {
        failNowAndThen();
        await trx.run({ text: "insert into proof (key, n) values ($1, $2)", values: [key, payload["n"]] });
        failNowAndThen();
      },
    },
    "proof.outside": {
      outside: async ({ key, payload }) => {
        failNowAndThen();
        appendFileSync(file, `${key} ${String(payload["n"])}\n`);
        await delay(randomInt(0, 10));
        failNowAndThen();
      },
    },
  },
});
process.stdout.write("up\n");

let ending = false;
process.once("SIGTERM", () => (ending = true));
for (;;) {
  const { rows } = await db.pool.query("select from jobs limit 1");
  if (ending || rows.length === 0) break;
  await delay(20);
}
await worker.stop();
await db.close();
process.exit(0);
