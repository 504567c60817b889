import assert from "node:assert/strict";
import { keepProvisioningLog } from "../../src/directory/provisioningLog/provisioningBuffer.ts";
import { noPerson } from "../../src/directory/provisioningLog/provisioningLine.ts";
import { newId } from "../../src/base/ids.ts";
import { createLogger } from "../../src/http/logger.ts";
import { items, place, refused, type Place } from "./place.ts";

const PATH = "/provisioning-log";
const NOW = new Date("2026-06-01T12:00:00Z");

describe("GET /tenants/{t}/provisioning-log", () => {
  let here: Place;
  before(async () => {
    here = await place();
    const log = keepProvisioningLog({ db: here.db, log: createLogger("silent") });
    const common = { ...noPerson, tenantId: here.tenantId, path: "/Users", query: null, resourceId: null, found: null };
    for (let i = 0; i < 5; i++) {
      const at = new Date(NOW.getTime() + i * 1000);
      log.add({
        ...common,
        id: newId(at),
        at,
        tokenId: null,
        tokenName: null,
        method: "POST",
        status: i === 0 ? 403 : 409,
        scimType: i === 0 ? null : "uniqueness",
        detail: "userName is taken",
        userNameKey: `ana${i}`,
        tolerated: ["stringBoolean"],
        durationMs: 2,
        userAgent: null,
        times: 1,
      });
    }
    await log.stop();
  });

  it("answers pages, the latest first, with the total of the first", async () => {
    const first = await here.call("GET", `${PATH}?limit=3`);
    assert.deepEqual(
      items(first).map(({ user }) => user),
      ["ana4", "ana3", "ana2"],
    );
    const { nextCursor } = first.body as { nextCursor: string };
    const second = await here.call("GET", `${PATH}?limit=3&cursor=${nextCursor}`);
    assert.deepEqual(
      items(second).map(({ user }) => user),
      ["ana1", "ana0"],
    );
    assert.deepEqual([first.body.total, second.body.total, second.body.nextCursor], [5, 5, null]);
  });

  it("shows each line without keys and columns that are nobody's business", async () => {
    const [line] = items(await here.call("GET", `${PATH}?user=ANA0`));
    const { id: _, ...shown } = line ?? {};
    assert.deepEqual(shown, {
      at: NOW.toISOString(),
      token: null,
      method: "POST",
      path: "/Users",
      query: null,
      status: 403,
      scimType: null,
      detail: "userName is taken",
      user: "ana0",
      resourceId: null,
      found: null,
      tolerated: ["stringBoolean"],
      changes: [],
      durationMs: 2,
      userAgent: null,
      times: 1,
    });
  });

  for (const [query, count] of [
    ["status=409", 4],
    ["status=4xx", 5],
    ["status=2xx", 0],
    ["method=POST&status=403", 1],
    ["method=GET", 0],
    ["since=2026-06-01T12:00:01Z&until=2026-06-01T12:00:03Z", 2],
    ["since=0001-01-01T00:00:00Z", 5],
    ["until=0001-01-01T00:00:00Z", 0],
    [`token=${newId(NOW)}`, 0],
    ["user=nobody", 0],
  ] as const) {
    it(`?${query} finds ${count}`, async () => {
      assert.equal(items(await here.call("GET", `${PATH}?${query}`)).length, count);
    });
  }

  for (const query of [
    "status=4x",
    "status=600",
    "method=BREW",
    "token=x",
    "since=yesterday",
    "until=2026-13-01T00:00:00Z",
    "user=",
    `user=${"x".repeat(321)}`,
    "user=%00",
    "cursor=x",
    "limit=0",
    "nope=1",
  ]) {
    it(`?${query.slice(0, 40)} is 400`, async () => {
      refused(await here.call("GET", `${PATH}?${query}`), 400, "invalid_request");
    });
  }

  it("needs directories:view, and shows nothing of another tenant", async () => {
    assert.equal(items(await (await here.as("directories:view"))("GET", PATH)).length, 5);
    refused(await (await here.as("members:view"))("GET", PATH), 403, "forbidden");
    const there = await place();
    assert.deepEqual(items(await there.call("GET", PATH)), []);
  });
});

describe("settings.provisioningLog.retentionDays", () => {
  it("is a number of days from 1 to 400", async () => {
    const here = await place();
    const set = (retentionDays: unknown) =>
      here.call("PATCH", "", { settings: { provisioningLog: { retentionDays } } });
    const { status, body } = await set(7);
    assert.deepEqual([status, body.settings.provisioningLog], [200, { retentionDays: 7 }]);
    for (const wrong of [0, 401, 1.5, "7", null]) refused(await set(wrong), 400, "invalid_request");
  });
});
