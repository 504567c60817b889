import assert from "node:assert/strict";
import { newId } from "../../src/base/ids.ts";
import { isRefusal } from "../../src/base/errors.ts";
import { claimJobs, enqueue, finishJob, insertJob, parkJob, returnJob } from "../../src/events/jobs.store.ts";
import { Hopeless, listJobs, retryJob, type Claimed, type Handlers } from "../../src/events/jobs.ts";
import { event } from "../../src/events/event.ts";
import { record } from "../../src/events/journal.store.ts";
import { acrossTenants, inTenant, onceInTenant, sqlState } from "../../src/storage/scope.ts";
import type { Database, Statement } from "../../src/storage/types.ts";
import { onServer, testDatabase } from "../support/database.ts";
import { add, jobsOf, newKind, someone, until, work, workUntil } from "./working.ts";

const system = { actor: { type: "system" }, now: new Date() } as const;
const operator = { actor: { type: "operator" }, now: new Date() } as const;

describe("jobs", () => {
  let db: Database;
  before(async () => {
    db = await testDatabase();
  });
  const byServer = <Row>(statement: Statement<Row>): Promise<Row[]> =>
    acrossTenants(db, system, ({ trx }) => trx.run(statement));
  const claim = (kind: string, free = 10, leaseMs = 60_000): Promise<Claimed[]> =>
    byServer(claimJobs([kind], [free], leaseMs));
  const gone = (kind: string) => async (): Promise<boolean> => (await jobsOf(kind)).length === 0;

  describe("when they are added", () => {
    it("are there with the commit of their cause, and not without", async () => {
      const kind = newKind();
      const undone = inTenant(db, someone(), async (scope) => {
        await enqueue(scope, { kind });
        throw new Error("undone");
      });
      await assert.rejects(undone, /undone/);
      assert.deepEqual(await jobsOf(kind), []);
      await add(someone(), { kind });
      assert.equal((await jobsOf(kind)).length, 1);
      assert.equal((await claim(kind)).length, 1);
    });

    it("may be part of a batch", async () => {
      const kind = newKind();
      const who = someone();
      await onceInTenant(db, who, insertJob(who.tenantId, { kind, payload: { n: 1 } }));
      const [job] = await claim(kind);
      assert.deepEqual([job?.tenantId, job?.payload, job?.key], [who.tenantId, { n: 1 }, null]);
    });

    it("are refused for another tenant than the transaction's", async () => {
      const who = someone();
      const foreign = onceInTenant(db, who, insertJob(newId(new Date()), { kind: newKind() }));
      await assert.rejects(foreign, (error) => sqlState(error) === "42501");
    });

    it("are added many at once in their order", async () => {
      const kind = newKind();
      const payloads = Array.from({ length: 50 }, (_, n) => ({ n }));
      await add(someone(), ...payloads.map((payload) => ({ kind, key: "k", payload })));
      const done: unknown[] = [];
      const handlers: Handlers = { [kind]: { outside: async ({ payload }) => void done.push(payload) } };
      await workUntil(handlers, gone(kind));
      assert.deepEqual(done, payloads);
    });
  });

  describe("when they are claimed", () => {
    it("are not claimed by another while the lease lasts", async () => {
      const kind = newKind();
      await add(someone(), { kind });
      assert.equal((await claim(kind)).length, 1);
      assert.deepEqual(await claim(kind), []);
    });

    it("are claimed anew after the lease, with one attempt more", async () => {
      const kind = newKind();
      await add(someone(), { kind });
      const [first] = await claim(kind, 1, 0);
      const [second] = await claim(kind);
      assert.equal(second?.id, first?.id);
      assert.equal(second?.attempts, 2);
    });

    it("are not before their time", async () => {
      const kind = newKind();
      await add(someone(), { kind, runAt: new Date(Date.now() + 3_600_000) });
      assert.deepEqual(await claim(kind), []);
    });

    it("are claimed no more than are asked for, of each kind", async () => {
      const [a, b] = [newKind(), newKind()];
      await add(someone(), ...[a, a, a, b, b, b].map((kind) => ({ kind })));
      const claimed = await byServer(claimJobs([a, b], [2, 1], 60_000));
      assert.deepEqual(claimed.map(({ kind }) => kind).toSorted(), [a, a, b].toSorted());
    });

    it("wait for the earlier ones of their key, be they running, backing off or not due yet", async () => {
      const kind = newKind();
      const who = someone();
      await add(who, { kind, key: "k" }, { kind, key: "k" });
      const [first] = await claim(kind);
      assert.ok(first);
      assert.deepEqual(await claim(kind), []);
      await byServer(returnJob(first, 3_600_000, "later"));
      assert.deepEqual(await claim(kind), []);
      await db.pool.query("update jobs set run_at = now() where id = $1", [first.id]);
      const [again] = await claim(kind);
      assert.equal(again?.id, first.id);
      await byServer(finishJob(again));
      assert.equal((await claim(kind)).length, 1);
    });

    it("do not wait for a parked one of their key", async () => {
      const kind = newKind();
      await add(someone(), { kind, key: "k" }, { kind, key: "k" });
      const [first] = await claim(kind);
      assert.ok(first);
      await byServer(parkJob(first, "never"));
      const [second] = await claim(kind);
      assert.notEqual(second?.id, first.id);
      assert.ok(second);
    });

    it("do not wait for another tenant's of the same key, nor for those without a key", async () => {
      const kind = newKind();
      await add(someone(), { kind, key: "k" });
      await add(someone(), { kind, key: "k" });
      await add(someone(), { kind }, { kind });
      assert.equal((await claim(kind)).length, 4);
    });

    it("are ended by the one alone who claimed them last", async () => {
      const kind = newKind();
      await add(someone(), { kind });
      const [late] = await claim(kind, 1, 0);
      const [last] = await claim(kind);
      assert.ok(late && last);
      assert.deepEqual(await byServer(finishJob(late)), []);
      await byServer(returnJob(late, 0, "late"));
      await byServer(parkJob(late, "late"));
      assert.deepEqual(
        (await jobsOf(kind)).map(({ state, last_error: error }) => [state, error]),
        [["pending", null]],
      );
      assert.equal((await byServer(finishJob(last))).length, 1);
    });
  });

  describe("when they are done", () => {
    it("are done in their tenant, under its row-level security, in one transaction with their end", async () => {
      const kind = newKind();
      const who = someone();
      await add(who, { kind });
      const target = { type: "tenant", id: who.tenantId } as const;
      const handlers: Handlers = {
        [kind]: {
          within: async (scope) => {
            assert.equal(scope.tenantId, who.tenantId);
            await record(scope, event(scope, "tenant.updated", target));
            const foreign = scope.trx.run({ text: "select from events where tenant_id <> $1", values: [who.tenantId] });
            assert.deepEqual(await foreign, []);
          },
        },
      };
      await workUntil(handlers, gone(kind));
      const { rows } = await db.pool.query("select type from events where tenant_id = $1", [who.tenantId]);
      assert.deepEqual(rows, [{ type: "tenant.updated" }]);
    });

    it("leave nothing of an attempt that failed", async () => {
      const kind = newKind();
      const who = someone();
      await add(who, { kind });
      let attempts = 0;
      const target = { type: "tenant", id: who.tenantId } as const;
      const handlers: Handlers = {
        [kind]: {
          within: async (scope) => {
            await record(scope, event(scope, "tenant.updated", target));
            if (++attempts < 3) throw new Error("not yet");
          },
        },
      };
      await workUntil(handlers, gone(kind));
      const { rows } = await db.pool.query("select type from events where tenant_id = $1", [who.tenantId]);
      assert.equal(attempts, 3);
      assert.equal(rows.length, 1);
    });

    it("do nothing for who has lost them to another meanwhile", async () => {
      const kind = newKind();
      await add(someone(), { kind });
      const done: number[] = [];
      // A lease of no time: each look claims anew what the last one has not begun yet.
      const within = async (_scope: unknown, { attempts }: Claimed): Promise<void> => void done.push(attempts);
      await workUntil({ [kind]: { atOnce: 4, within } }, gone(kind), { leaseMs: 0 });
      assert.equal(done.length, 1);
    });

    it("may use the database while they reach out, for no transaction is open", async () => {
      const kind = newKind();
      const who = someone();
      await add(who, { kind });
      let read: unknown;
      const handlers: Handlers = {
        [kind]: {
          outside: async () => {
            [[read]] = await onceInTenant(db, who, { text: "select 1 as one", values: [] });
          },
        },
      };
      await workUntil(handlers, gone(kind));
      assert.deepEqual(read, { one: 1 });
    });

    it("are left alone by a process that has no handler for them", async () => {
      const [mine, other] = [newKind(), newKind()];
      await add(someone(), { kind: other }, { kind: mine });
      await workUntil({ [mine]: { outside: async () => {} } }, gone(mine));
      assert.deepEqual(
        (await jobsOf(other)).map(({ attempts }) => attempts),
        [0],
      );
    });

    it("keep the order of their key though they fail", async () => {
      const kind = newKind();
      const keys = ["a", "b", "c"];
      const jobs = Array.from({ length: 45 }, (_, n) => ({ kind, key: keys[n % 3] ?? "", payload: { n } }));
      await add(someone(), ...jobs);
      const started: number[] = [];
      const failures = new Map<number, number>();
      const handlers: Handlers = {
        [kind]: {
          outside: async ({ payload }) => {
            const n = payload["n"] as number;
            started.push(n);
            failures.set(n, (failures.get(n) ?? 0) + 1);
            if ((failures.get(n) ?? 0) <= n % 4) throw new Error(`failure of ${n}`);
          },
        },
      };
      await workUntil(handlers, gone(kind));
      for (const [k] of keys.entries()) {
        const ofKey = started.filter((n) => n % 3 === k);
        assert.deepEqual(
          ofKey,
          ofKey.toSorted((a, b) => a - b),
        );
      }
      assert.equal(new Set(started).size, 45);
    });

    it("of a slow kind delay no other kind", async () => {
      const [slow, quick] = [newKind(), newKind()];
      const tenant = someone();
      await add(tenant, ...Array.from({ length: 20 }, () => ({ kind: slow })));
      let release = (): void => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      const { worker } = await work({ [slow]: { outside: () => released }, [quick]: { outside: async () => {} } });
      await until(async () => (await jobsOf(slow)).some(({ attempts }) => attempts > 0));
      await add(tenant, ...Array.from({ length: 5 }, () => ({ kind: quick })));
      await until(gone(quick));
      release();
      await worker.stop();
    });

    it("run no more at once than their handler says", async () => {
      const kind = newKind();
      await add(someone(), ...Array.from({ length: 12 }, () => ({ kind })));
      let [now, most] = [0, 0];
      const outside = async (): Promise<void> => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
      };
      await workUntil({ [kind]: { atOnce: 2, outside } }, gone(kind));
      assert.ok(most <= 2, `${most} at once`);
    });

    it("let requests through in between", async () => {
      const kind = newKind();
      const who = someone();
      await add(who, ...Array.from({ length: 60 }, () => ({ kind })));
      let done = 0;
      const seen: number[] = [];
      const { worker } = await work({ [kind]: { within: async () => void done++ } });
      for (;;) {
        if (done === 60) break;
        await onceInTenant(db, who, { text: "select 1", values: [] });
        seen.push(done);
      }
      await worker.stop();
      // No two answers are far apart in the work done between them.
      const gaps = seen.map((at, i) => at - (seen[i - 1] ?? 0));
      assert.ok(Math.max(...gaps) <= 10, `${Math.max(...gaps)} jobs between two answers`);
    });
  });

  describe("when they fail", () => {
    it("are tried again and keep the last error", async () => {
      const kind = newKind();
      await add(someone(), { kind });
      const outside = async (): Promise<void> => {
        throw Object.assign(new Error("no answer"), { code: "ECONNREFUSED" });
      };
      const seen = async (): Promise<boolean> => ((await jobsOf(kind))[0]?.attempts ?? 0) >= 3;
      const { lines } = await workUntil({ [kind]: { outside } }, seen, { retry: { most: 1000, delay: () => 0 } });
      assert.match((await jobsOf(kind))[0]?.last_error ?? "", /^ECONNREFUSED: no answer$/);
      assert.equal(lines[0]?.["level"], "warn");
      assert.match(JSON.stringify(lines[0]?.["err"]), /no answer/);
    });

    it("are parked after the last attempt, and the operator is told", async () => {
      const kind = newKind();
      await add(someone(), { kind });
      let attempts = 0;
      const outside = async (): Promise<void> => {
        attempts += 1;
        throw new Error("never");
      };
      const dead = async (): Promise<boolean> => (await jobsOf(kind))[0]?.state === "dead";
      const { lines } = await workUntil({ [kind]: { outside } }, dead, { retry: { most: 3, delay: () => 0 } });
      assert.equal(attempts, 3);
      assert.deepEqual([lines.at(-1)?.["level"], lines.at(-1)?.["msg"]], ["error", "job parked"]);
    });

    it("are parked at once where there is no hope", async () => {
      const kind = newKind();
      await add(someone(), { kind });
      let attempts = 0;
      const outside = async (): Promise<void> => {
        attempts += 1;
        throw new Hopeless("refused for good");
      };
      await workUntil({ [kind]: { outside } }, async () => (await jobsOf(kind))[0]?.state === "dead");
      assert.equal(attempts, 1);
      assert.equal((await jobsOf(kind))[0]?.last_error, "Hopeless: refused for good");
    });

    it("are parked and not run again where each attempt took its process down", async () => {
      const kind = newKind();
      await add(someone(), { kind });
      await claim(kind, 1, 0);
      await claim(kind, 1, 0);
      let attempts = 0;
      const outside = async (): Promise<void> => void attempts++;
      const dead = async (): Promise<boolean> => (await jobsOf(kind))[0]?.state === "dead";
      await workUntil({ [kind]: { outside } }, dead, { retry: { most: 2, delay: () => 0 } });
      assert.equal(attempts, 0);
      assert.match((await jobsOf(kind))[0]?.last_error ?? "", /every attempt ended with its process/);
    });

    it("are given up when they take longer than the lease allows", async () => {
      const kind = newKind();
      await add(someone(), { kind });
      let signalled = false;
      const outside = (_job: Claimed, signal: AbortSignal): Promise<void> =>
        new Promise(() => signal.addEventListener("abort", () => (signalled = true)));
      const failed = async (): Promise<boolean> => (await jobsOf(kind))[0]?.last_error !== null;
      await workUntil({ [kind]: { outside } }, failed, { leaseMs: 50, retry: { most: 99, delay: () => 3_600_000 } });
      assert.ok(signalled);
      assert.match((await jobsOf(kind))[0]?.last_error ?? "", /^TimeoutError/);
    });
  });

  describe("for the operator", () => {
    it("are listed by state and tried again on demand, with all their attempts", async () => {
      const kind = newKind();
      await add(someone(), { kind, key: "k", payload: { n: 7 } });
      const hopeless = async (): Promise<void> => {
        throw new Hopeless("no");
      };
      const dead = async (): Promise<boolean> => (await jobsOf(kind))[0]?.state === "dead";
      await workUntil({ [kind]: { outside: hopeless } }, dead);
      const listed = (await listJobs(db, operator, "dead", { limit: 200 })).filter((job) => job.kind === kind);
      assert.deepEqual(
        listed.map(({ payload, attempts, lastError }) => ({ payload, attempts, lastError })),
        [{ payload: { n: 7 }, attempts: 1, lastError: "Hopeless: no" }],
      );
      const id = listed[0]?.id ?? 0;
      await retryJob(db, operator, id);
      assert.deepEqual(
        (await jobsOf(kind)).map(({ state, attempts }) => [state, attempts]),
        [["pending", 0]],
      );
      await workUntil({ [kind]: { outside: async () => {} } }, gone(kind));
      await assert.rejects(retryJob(db, operator, id), (error) => isRefusal(error, "not_found"));
    });

    it("are listed in pages", async () => {
      const kind = newKind();
      await add(someone(), { kind }, { kind });
      const [first] = await claim(kind, 1);
      assert.ok(first);
      const page = await listJobs(db, operator, "pending", { after: first.id, limit: 1 });
      assert.ok((page[0]?.id ?? 0) > first.id);
      assert.equal(page.length, 1);
    });

    it("are not revived while they are pending", async () => {
      const kind = newKind();
      await add(someone(), { kind });
      const [job] = await claim(kind);
      await assert.rejects(retryJob(db, operator, job?.id ?? 0), (error) => isRefusal(error, "not_found"));
    });
  });

  describe("of several workers", () => {
    it("are shared, none done twice at the same time and none of a key beside another", async () => {
      const kind = newKind();
      const keys = Array.from({ length: 8 }, (_, k) => `k${k}`);
      const jobs = Array.from({ length: onServer ? 160 : 40 }, (_, n) => ({ kind, key: keys[n % 8] ?? "" }));
      await add(someone(), ...jobs);
      const inside = new Set<string>();
      const shares = [0, 0];
      let clashes = 0;
      const handlersOf = (share: number): Handlers => ({
        [kind]: {
          outside: async ({ key }) => {
            if (inside.has(key ?? "")) clashes += 1;
            inside.add(key ?? "");
            // Until the other one has had its turn, so that both have some.
            await until(() => shares[1 - share] !== 0 || inside.size > 1 || shares[share] === 0);
            await new Promise((resolve) => setImmediate(resolve));
            inside.delete(key ?? "");
            shares[share] = (shares[share] ?? 0) + 1;
          },
        },
      });
      const first = await work(handlersOf(0));
      const second = await work(handlersOf(1));
      await until(gone(kind));
      await Promise.all([first.worker.stop(), second.worker.stop()]);
      assert.equal(clashes, 0);
      assert.equal((shares[0] ?? 0) + (shares[1] ?? 0), jobs.length);
      assert.ok((shares[0] ?? 0) > 0 && (shares[1] ?? 0) > 0, `shares ${shares.join(" and ")}`);
    });
  });

  describe("when the worker stops", () => {
    it("are waited for while they run, and no other is begun", async () => {
      const kind = newKind();
      await add(someone(), { kind }, { kind }, { kind });
      let begun = 0;
      let release = (): void => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      const outside = (): Promise<void> => {
        begun += 1;
        return released;
      };
      const { worker } = await work({ [kind]: { atOnce: 1, outside } });
      await until(() => begun === 1);
      let stopped = false;
      const stopping = worker.stop().then(() => (stopped = true));
      await onceInTenant(db, someone(), { text: "select 1", values: [] });
      assert.equal(stopped, false);
      release();
      await stopping;
      assert.equal(begun, 1);
      assert.equal((await jobsOf(kind)).length, 2);
    });

    it("is stopped at once where nothing runs", async () => {
      const { worker } = await work({ [newKind()]: { outside: async () => {} } });
      await worker.stop();
    });
  });
});
