/** Installs what package-lock.json asks for and node_modules lacks. */
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { requireNode, root, run, say } from "./run.mjs";

/**
 * The packages that the lock file asks for and that are not installed as it says. npm writes
 * node_modules/.package-lock.json last, so an interrupted installation counts as none.
 *
 * @param {{dev: boolean}} wanted whether the packages that only build and check are needed as well
 */
export function missingPackages({ dev }, folder = root) {
  const asked = readPackages(join(folder, "package-lock.json"));
  const installed = readPackages(join(folder, "node_modules", ".package-lock.json"));
  return Object.keys(asked).filter((path) => {
    if (path === "" || !isNeeded(asked[path], dev)) return false;
    return !isSame(asked[path], installed[path]) || !existsSync(join(folder, path, "package.json"));
  });
}

/** Makes sure that every package is there; ends the process with npm's own status where npm cannot install it. */
export async function ensureInstalled(wanted) {
  const missing = missingPackages(wanted);
  if (missing.length === 0) return;
  say(`installing ${missing.length} packages (npm ci), usually well under a minute`);
  // --include, since NODE_ENV=production and a user's `omit` would leave out the compiler that builds us.
  // --ignore-scripts, since no package of ours needs to run anything in order to be installed.
  const status = await npm(["ci", "--include=dev", "--include=optional", "--ignore-scripts"]);
  if (status === 0) return;
  say("npm ci failed, see above; nothing was started");
  process.exit(status);
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages ?? {};
  } catch {
    return {};
  }
}

function isNeeded(entry, dev) {
  if (entry.dev && !dev) return false;
  if (!entry.optional && !entry.devOptional) return true;
  // Optional packages are binaries for one platform each. Which C library this is costs more to ask than it tells.
  const named = entry.os !== undefined && entry.cpu !== undefined && entry.libc === undefined;
  return named && entry.os.includes(process.platform) && entry.cpu.includes(process.arch);
}

function isSame(asked, installed) {
  return installed !== undefined && installed.version === asked.version && installed.integrity === asked.integrity;
}

/** npm's output goes to stderr: stdout belongs to the program that is started afterwards. */
function npm(args) {
  const options = { stdio: ["ignore", 2, 2] };
  const path = process.env.npm_execpath;
  // The very npm that ran us, if one did.
  if (path !== undefined && basename(path).startsWith("npm")) return run(process.execPath, [path, ...args], options);
  return run("npm", args, { ...options, shell: process.platform === "win32" });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  requireNode();
  await ensureInstalled({ dev: true });
}
