/** Compiles src/ into dist/; `ensureBuilt` only where the sources are not those of the last build. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureInstalled } from "./install.mjs";
import { requireNode, root, run, say } from "./run.mjs";

const dist = join(root, "dist");
/** Holds the digest of the sources that dist/ was made from; written last, so that a half-made dist/ never counts. */
const stamp = join(dist, ".sources");

/** Whether dist/ was built from the sources as they are now: by content, since a checkout sets new times. */
export function isBuilt() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === digestOfSources();
}

/** Builds dist/; ends the process with the compiler's status where the sources do not compile. */
export async function build() {
  const digest = digestOfSources();
  // Beside dist/ and then renamed: a server that runs from dist/ never sees half a build.
  const fresh = join(root, `dist-${process.pid}.tmp`);
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const status = await run(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", fresh]);
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    say("the sources do not compile, see above");
    process.exit(status);
  }
  writeFileSync(join(fresh, ".sources"), digest);
  rmSync(dist, { recursive: true, force: true });
  renameSync(fresh, dist);
}

/** Installs the compiler and builds, where dist/ is not up to date. */
export async function ensureBuilt() {
  const built = isBuilt();
  await ensureInstalled({ dev: !built });
  if (built) return;
  say("building (tsc), a few seconds");
  await build();
}

function digestOfSources() {
  const hash = createHash("sha256");
  const sources = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const path of [...sources, ...["tsconfig.json", "tsconfig.build.json"].map((name) => join(root, name))]) {
    hash
      .update(`${path.slice(root.length)}\0`)
      .update(readFileSync(path))
      .update("\0");
  }
  return hash.digest("hex");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  requireNode();
  await ensureInstalled({ dev: true });
  await build();
}
