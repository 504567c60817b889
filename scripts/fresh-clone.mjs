/**
 * `node scripts/fresh-clone.mjs [path of an npm-cli.js]`: proves the README's commands on the last commit, in a clone
 * with nothing installed. It must start, answer, stop on SIGTERM with status 0, start again without installing anew, and
 * refuse a configuration mistake with status 78; then its tests must run, of which a cheap file stands for all.
 */
import { spawn, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { requireNode, root, say } from "./run.mjs";

const MINUTES_TO_START = 5;
const SECONDS_TO_STOP = 30;
const EX_CONFIG = 78;

requireNode();
const npm = process.argv[2] === undefined ? ["npm"] : [process.execPath, process.argv[2]];
const folder = mkdtempSync(join(tmpdir(), "usher-fresh-"));
try {
  const clone = join(folder, "a clone with spaces");
  execFileSync("git", ["clone", "--quiet", "--no-hardlinks", root, clone], { stdio: "inherit" });
  const port = await freePort();
  const env = { ...cleanEnvironment(), CI: "true", NODE_ENV: "production", PORT: String(port) };
  env.USHER_DATA_DIR = join(folder, "data");
  const first = await startAndStop(clone, env);
  expect(first.includes("npm ci"), "the first start installs");
  const second = await startAndStop(clone, env);
  expect(!second.includes("npm ci") && !second.includes("tsc"), "the second start neither installs nor builds");
  const refused = start(clone, { ...env, PORT: "nonsense" });
  const status = await refused.ended;
  expect(status === EX_CONFIG && refused.output().includes("PORT"), `a wrong PORT ends with status ${EX_CONFIG}`);
  const [command, ...args] = npm;
  execFileSync(command, [...args, "test", "--", "test/base/turns.test.ts"], {
    cwd: clone,
    env,
    stdio: ["ignore", 2, 2],
  });
  say("fresh clone: npm test runs");
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

async function startAndStop(clone, env) {
  const server = start(clone, env);
  try {
    await ready(server, `http://127.0.0.1:${env.PORT}`);
    server.child.kill("SIGTERM");
    const status = await Promise.race([server.ended, sleep(SECONDS_TO_STOP * 1000, "none in time", { ref: false })]);
    expect(status === 0, `SIGTERM ends npm start with status 0 (it was ${status})`);
    return server.output();
  } finally {
    server.kill();
  }
}

function start(clone, env) {
  const [command, ...args] = npm;
  // A process group of its own, so that nothing of it can be left behind.
  const options = { cwd: clone, env, stdio: ["ignore", "pipe", "pipe"], detached: true };
  const child = spawn(command, [...args, "start"], options);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
  const ended = once(child, "close").then(([code, signal]) => code ?? signal);
  return { child, ended, output: () => text, kill: () => killGroup(child.pid) };
}

function killGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // All of it is gone already.
  }
}

async function ready(server, url) {
  const deadline = Date.now() + MINUTES_TO_START * 60_000;
  for (;;) {
    if (server.child.exitCode !== null || Date.now() > deadline) {
      throw new Error(`npm start did not become ready:\n${server.output()}`);
    }
    if ((await statusOf(`${url}/readyz`)) === 200) break;
    await sleep(200);
  }
  expect((await statusOf(`${url}/api/v1/openapi.json`)) === 200, "the server answers a request");
}

async function statusOf(url) {
  try {
    const response = await fetch(url);
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

/** As in a person's shell: without what the npm that may have started us has set, and without our own settings. */
function cleanEnvironment() {
  const foreign = /^(npm_|USHER_|DATABASE_|NODE_ENV$|INIT_CWD$|PUBLIC_URL$|HOST$|SMTP_URL$|TEST_DATABASE_URL$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

function expect(truth, what) {
  if (!truth) throw new Error(`not so: ${what}`);
  say(`fresh clone: ${what}`);
}
