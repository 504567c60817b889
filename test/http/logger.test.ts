import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("loggerProcess.ts", import.meta.url));

const children: ChildProcess[] = [];

/** Starts the process; `lines` waits for so many more lines on its standard error. */
async function started() {
  const child = spawn(process.execPath, ["--import", "tsx/esm", script], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const exit = once(child, "exit") as Promise<[status: number | null, signal: string | null]>;
  const lines = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) await Promise.race([once(child.stderr, "data"), exit]);
  };
  await lines(1);
  return { child, exit, lines };
}

describe("a log that nobody reads any more (`| head`)", () => {
  afterEach(() => children.splice(0).forEach((child) => child.kill("SIGKILL")));

  it("keeps no process from ending", async () => {
    const { child, exit } = await started();
    child.stdout.destroy();
    await once(child.stdout, "close");
    child.kill("SIGTERM");
    assert.deepEqual(await exit, [0, null]);
  });

  it("ends none either, however much is written to it", async () => {
    const { child, exit, lines } = await started();
    child.stdout.destroy();
    await once(child.stdout, "close");
    child.kill("SIGHUP");
    await lines(3);
    assert.equal(child.exitCode, null);
    child.kill("SIGTERM");
    assert.deepEqual(await exit, [0, null]);
  });
});

describe("a log that is read", () => {
  it("holds the last line too, although lines are written together", async () => {
    const { child, exit } = await started();
    let log = "";
    child.stdout.on("data", (chunk: Buffer) => (log += chunk.toString()));
    child.kill("SIGHUP");
    child.kill("SIGTERM");
    await Promise.all([exit, once(child.stdout, "close")]);
    assert.match(log, /"stopped"\}\n$/);
  });
});
