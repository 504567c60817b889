import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockFolder } from "../../src/storage/folderLock.ts";

const held = {
  name: "Refusal",
  code: "unavailable",
  message: /another process uses the embedded database in .*USHER_DATA_DIR/,
};
const program = `
  import { lockFolder } from ${JSON.stringify(new URL("../../src/storage/folderLock.ts", import.meta.url).href)};
  setInterval(() => {}, 1e6);
  process.stdin.once("data", async () => {
    try {
      await lockFolder(process.argv[1]);
      console.log("held");
    } catch (error) {
      console.log(error.code ?? error.stack);
    }
  });
  console.log("ready");
`;

describe("the lock of the embedded database's folder", () => {
  let folder: string;
  const temporary = process.env["TMPDIR"];
  const children: ChildProcess[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "usher-lock-"));
  });
  afterEach(async () => {
    if (temporary === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = temporary;
    for (const child of children.splice(0)) await kill(child);
    rmSync(folder, { recursive: true });
  });

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  /** Another process, up and waiting to be told. */
  async function contender(path: string): Promise<{ child: ChildProcess; take: () => Promise<string> }> {
    const child = spawn(process.execPath, ["--import", "tsx/esm", "--input-type=module", "-e", program, path], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    children.push(child);
    const says = async (): Promise<string> => String((await once(child.stdout, "data"))[0]).trim();
    assert.equal(await says(), "ready");
    return {
      child,
      take: () => {
        const answer = says();
        child.stdin.write("go\n");
        return answer;
      },
    };
  }

  /** How many of these attempts have the lock; the others must have been refused. */
  async function winners(attempts: Promise<() => Promise<void>>[]): Promise<(() => Promise<void>)[]> {
    const results = await Promise.allSettled(attempts);
    for (const each of results) {
      if (each.status === "rejected") await assert.rejects(Promise.reject(each.reason as Error), held);
    }
    return results.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  }

  it("is refused to whoever comes second, in the same process or another one", async () => {
    const release = await lockFolder(folder);
    await assert.rejects(lockFolder(folder), held);
    const other = await contender(folder);
    assert.equal(await other.take(), "unavailable");
    await release();
  });

  it("is free after its release, and again and again", async () => {
    for (let i = 0; i < 5; i++) await (await lockFolder(folder))();
    const release = await lockFolder(folder);
    await assert.rejects(lockFolder(folder), held);
    await release();
    assert.deepEqual(readdirSync(join(folder, "lock")), ["6"]);
  });

  it("goes by the folder, not by the way to it", async () => {
    const release = await lockFolder(folder);
    await assert.rejects(lockFolder(join(folder, "..", folder.split("/").at(-1) ?? "")), held);
    await release();
  });

  it("makes the folder where there is none", async () => {
    const release = await lockFolder(join(folder, "a", "b"));
    await assert.rejects(lockFolder(join(folder, "a", "b")), held);
    await release();
  });

  it("dies with its holder, even by kill -9", async () => {
    const other = await contender(folder);
    assert.equal(await other.take(), "held");
    await assert.rejects(lockFolder(folder), held);
    await kill(other.child);
    await (
      await lockFolder(folder)
    )();
  });

  it("stays with a holder that is stopped and answers nothing", async () => {
    const other = await contender(folder);
    assert.equal(await other.take(), "held");
    other.child.kill("SIGSTOP");
    await assert.rejects(lockFolder(folder), held);
  });

  it("goes to exactly one of many who find it left behind, in many rounds", async () => {
    for (let round = 0; round < 25; round++) {
      const won = await winners(Array.from({ length: 12 }, () => lockFolder(folder)));
      assert.equal(won.length, 1, `round ${round}`);
      await assert.rejects(lockFolder(folder), held);
      for (const release of won) await release();
    }
  });

  it("goes to exactly one of two processes that find it left by a killed one", async () => {
    for (let round = 0; round < 2; round++) {
      const killed = await contender(folder);
      assert.equal(await killed.take(), "held");
      await kill(killed.child);
      const rivals = await Promise.all([contender(folder), contender(folder)]);
      const answers = await Promise.all(rivals.map(({ take }) => take()));
      assert.deepEqual(answers.sort(), ["held", "unavailable"]);
      await assert.rejects(lockFolder(folder), held);
      for (const { child } of rivals) await kill(child);
    }
  });

  it("holds for a path that is too long for a socket", async () => {
    // Such a lock lies in the system's folder for temporary files; this case has its own.
    process.env["TMPDIR"] = folder;
    const long = join(folder, "x".repeat(100), "ü".repeat(40));
    const other = join(folder, "x".repeat(100), "other");
    const release = await lockFolder(long);
    await assert.rejects(lockFolder(long), held);
    await (
      await lockFolder(other)
    )();
    await release();
    await (
      await lockFolder(long)
    )();
  });
});
