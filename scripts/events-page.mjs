/** `node scripts/events-page.mjs`: writes `docs/events.md` from the catalogue of events. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureInstalled } from "./install.mjs";
import { requireNode, root, run } from "./run.mjs";

requireNode();
await ensureInstalled({ dev: true });
const { tsImport } = await import("tsx/esm/api");
const { eventsPage } = await tsImport("../test/support/eventsPage.ts", import.meta.url);
const page = join(root, "docs", "events.md");
writeFileSync(page, eventsPage());
process.exitCode = await run(process.execPath, [join(root, "node_modules", "oxfmt", "bin", "oxfmt"), page]);
