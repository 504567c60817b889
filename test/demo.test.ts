/** The story of `npm run demo` is true: what it says is what the API says. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { until } from "./events/working.ts";
import { withEmbedded } from "./storage/withEmbedded.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
/** It opens an embedded database and makes some hundred requests, where all cores may be busy. */
const PLAYS_MS = 300_000;

interface Playing {
  readonly text: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly end: (signal: NodeJS.Signals) => void;
}

/** Runs the command that `npm run demo` ends with. */
function play(...args: string[]): Playing {
  const command = ["--import", "tsx/esm", "demo/main.ts", ...args];
  // What the caller has set is not the demo's: this address would stop any other start.
  const env = { ...process.env, DATABASE_URL: "postgres://nobody@127.0.0.1:1/none", PORT: "nonsense" };
  const child = spawn(process.execPath, command, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  let [text, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, "close").then(([status, signal]) => {
    process.off("exit", kill);
    return (status ?? signal) as number | NodeJS.Signals;
  });
  return { text: () => text, stderr: () => stderr, ended, end: (signal) => void child.kill(signal) };
}

/** Resolves once the story is told, fails where it ends before. */
async function told({ text, stderr, ended }: Playing): Promise<string> {
  let over = false;
  void ended.then(() => (over = true));
  while (!text().includes("events?order=desc")) {
    if (over) assert.fail(`the demo ended: ${text()}\n${stderr()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return text();
}

/** The groups of the last match, which must be there. */
function last(text: string, pattern: RegExp): string[] {
  const match = [...text.matchAll(pattern)].at(-1);
  assert.ok(match, `${pattern} is not in the story:\n${text}`);
  return match.slice(1);
}

interface Member {
  readonly id: string;
  readonly displayName: string;
  readonly status: string;
  readonly roles: string[];
  readonly seat: string;
}

withEmbedded("npm run demo", function () {
  this.timeout(PLAYS_MS);

  describe("left up to look around", () => {
    let demo: Playing;
    let story: string;
    before(async () => {
      demo = play();
      story = await told(demo);
    });
    after(() => demo.end("SIGKILL"));

    /** As the story's last chapter says to ask. */
    async function ask<T>(path: string): Promise<T> {
      const [key = ""] = last(story, /KEY=(\S+)/g);
      const [base = ""] = last(story, /"(http:\S+)\/seats"/g);
      const response = await fetch(base + path, { headers: { authorization: `Bearer ${key}` } });
      assert.equal(response.status, 200);
      return (await response.json()) as T;
    }
    async function named(displayName: string): Promise<Member> {
      const query = new URLSearchParams({ search: displayName, limit: "200" });
      const { items } = await ask<{ items: Member[] }>(`/members?${query}`);
      return items.find((each) => each.displayName === displayName)!;
    }

    it("has pushed forty people and thirty, whom the API has beside the admin", async () => {
      const pushed = [...story.matchAll(/(\d+) people looked up and created/g)].map(([, count]) => Number(count));
      assert.deepEqual(pushed, [40, 30]);
      assert.equal((await ask<{ total: number }>("/members?limit=1")).total, 71);
    });

    it("ends with the seat numbers of the API, all seats used and someone waiting", async () => {
      const [used, limit, free, waiting] = last(story, /(\d+) of (\d+) seats used, (\d+) free, (\d+) wait/g).map(
        Number,
      );
      assert.deepEqual(await ask("/seats"), { limit, used, remaining: free, waiting, overBy: 0 });
      assert.equal(used, limit);
      assert.ok(waiting! > 0);
    });

    it("tells of the mapping's effect what its preview foretold", () => {
      const [, after] = last(story, /(\d+) seats before, (\d+) after/g);
      const written = story.slice(story.indexOf("She writes it"));
      assert.equal(/(\d+) of \d+ seats used/.exec(written)?.[1], after);
    });

    it("has the leaver suspended and without a seat, and in their place the one who waited", async () => {
      const [leaver = ""] = last(story, /The directory deactivates ([^:]+):/g);
      const { status, seat } = await named(leaver);
      assert.deepEqual([status, seat], ["suspended", "none"]);
      const [promoted = ""] = last(story, /Moved up in the same moment: ([^,.]+)\./g);
      const [queue = ""] = last(story, /In the queue: (.+)\./g);
      assert.ok(queue.split(", ").includes(promoted));
      const now = await named(promoted);
      assert.deepEqual([now.seat, now.roles], ["held", ["member"]]);
      const { items } = await ask<{ items: { target: { id: string } }[] }>("/events?type=member.seat_promoted");
      assert.ok(items.some(({ target }) => target.id === now.id));
    });

    it("has told what the leaver leaves behind, by a reader of the journal in the server itself", async () => {
      const [leaver = ""] = last(story, /The directory deactivates ([^:]+):/g);
      const { id } = await named(leaver);
      const list = async (): Promise<string[]> => {
        const { items } = await ask<{ items: { memberId: string }[] }>("/offboardings?status=open");
        return items.map(({ memberId }) => memberId);
      };
      await until(async () => (await list()).includes(id));
      const { items } = await ask<{ items: { target: { id: string } }[] }>("/events?type=member.offboarding");
      assert.deepEqual(
        items.map(({ target }) => target.id),
        [id],
      );
    });

    it("gives the API's own reasons why someone is a viewer", async () => {
      const asked = [...story.matchAll(/Why is (.+) viewer, seat (none|waiting)\?\n((?: +· .+\n)+)/g)];
      assert.equal(asked.length, 2);
      const [[, name = "", seat, reasons = ""] = []] = asked;
      const member = await named(name);
      const explained = await ask<{ seat: string; reasons: { text: string }[] }>(`/members/${member.id}/explanation`);
      assert.equal(explained.seat, seat);
      assert.deepEqual(
        reasons
          .trim()
          .split(/\n? *· /)
          .slice(1),
        explained.reasons.map(({ text }) => text),
      );
    });

    it("has signed two people in, by SAML and by OpenID Connect, with their role and seat", async () => {
      const signedIn = [
        ...story.matchAll(/(\w+ Example) signs in by (SAML|OpenID Connect): role (\S+), seat (\w+)\./g),
      ];
      assert.deepEqual(
        signedIn.map(([, , way]) => way),
        ["SAML", "OpenID Connect"],
      );
      for (const [, name = "", , role, seat] of signedIn) {
        const member = await named(name);
        assert.deepEqual([member.roles, member.seat], [[role], seat]);
      }
    });

    it("has had every webhook received, and mail written", async () => {
      const [received] = last(story, /received (\d+) webhooks, each with a good signature/g).map(Number);
      const kinds = [...story.matchAll(/^ +(\d+) {2}(\w+\.\w+)$/gm)];
      assert.equal(
        kinds.reduce((sum, [, count]) => sum + Number(count), 0),
        received,
      );
      for (const [, count, type = ""] of kinds.filter(([, , kind]) => !/^member\.created|^seats/.test(kind!))) {
        const { items } = await ask<{ items: unknown[] }>(`/events?limit=200&type=${type}`);
        assert.equal(items.length, Number(count), type);
      }
      assert.doesNotMatch(story, /still on their way|had a bad one/);
      assert.match(story, /to ida@example\.com: Example Works: /);
    });

    it("lets the admin sign in as it says", async () => {
      const [origin = "", tenant] = last(story, /Sign in as Ida +(http:\/\/[^/]+)\/sign-in\?tenant=(\S+)/g);
      const [email, password] = last(story, /(ida@\S+), password (\S+)/g);
      const response = await fetch(`${origin}/api/v1/session`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ tenant, email, password }),
      });
      const { roles } = (await response.json()) as { roles?: string[] };
      assert.deepEqual([response.status, roles], [201, ["admin"]]);
    });

    it("ends with 0 by Ctrl-C and leaves no folder behind", async () => {
      const [folder = ""] = last(story, /Mail +(\S+)\/mail/g);
      demo.end("SIGINT");
      assert.equal(await demo.ended, 0);
      assert.equal(existsSync(folder), false);
    });
  });

  it("tells the same with --quick and ends with 0 by itself", async () => {
    const demo = play("--quick");
    assert.equal(await demo.ended, 0, demo.stderr());
    assert.match(demo.text(), /Moved up in the same moment: \w+ Example\./);
    assert.equal(demo.stderr(), "");
  });
});
