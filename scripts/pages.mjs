/** `node scripts/pages.mjs`: writes the pages of docs/ that are made from the sources. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureInstalled } from "./install.mjs";
import { requireNode, root, run } from "./run.mjs";

requireNode();
await ensureInstalled({ dev: true });
const { tsImport } = await import("tsx/esm/api");
const { eventsPage } = await tsImport("../test/support/eventsPage.ts", import.meta.url);
const { featuresPage } = await tsImport("../test/support/features/page.ts", import.meta.url);
const { presetsPage } = await tsImport("../test/support/presetsPage.ts", import.meta.url);
const { rulesPage } = await tsImport("../test/support/rulesPage.ts", import.meta.url);
const { tolerancesPage } = await tsImport("../test/support/tolerancesPage.ts", import.meta.url);
const { securityPage } = await tsImport("../test/support/securityPage.ts", import.meta.url);
const pages = {
  "events.md": eventsPage(),
  "features.md": featuresPage(),
  "presets.md": presetsPage(),
  "rules.md": rulesPage(),
  "security.md": securityPage(),
  "tolerances.md": tolerancesPage(),
};
for (const [name, text] of Object.entries(pages)) writeFileSync(join(root, "docs", name), text);
const written = Object.keys(pages).map((name) => join(root, "docs", name));
process.exitCode = await run(process.execPath, [join(root, "node_modules", "oxfmt", "bin", "oxfmt"), ...written]);
