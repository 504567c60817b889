import assert from "node:assert/strict";
import { newId } from "../../src/base/ids.ts";
import { followForWebhooks } from "../../src/events/webhookDeliveries.ts";
import { readJournal } from "../../src/events/journalReader.ts";
import type { Database } from "../../src/storage/types.ts";
import { asOwner } from "../storage/catalogue.ts";
import { api, type Api } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";
import { items, place, type Place, refused } from "./place.ts";

/** Nobody listens there, and nothing is sent: no case runs the sender. */
const URL_OF_HOOK = "http://127.0.0.1:9/hook?key=secret";

let db: Database;
let here: Place;
let operator: Api;
before(async () => {
  db = await testDatabase();
  operator = api(db);
});
beforeEach(async () => {
  here = await place();
});

async function add(body: object = {}): Promise<Record<string, unknown> & { id: string; secret: string }> {
  const reply = await here.call("POST", "/webhooks", { url: URL_OF_HOOK, ...body });
  assert.equal(reply.status, 201, reply.text);
  return reply.body;
}

async function eventsOf(type: string): Promise<Record<string, unknown>[]> {
  return items(await here.call("GET", `/events?type=${type}`));
}

describe("webhooks of a tenant", () => {
  it("are added for all events unless told otherwise, and show their secret once", async () => {
    const made = await add();
    assert.match(made.secret, /^whsec_/);
    assert.deepEqual(
      [made["url"], made["events"], made["enabled"], made["description"]],
      [URL_OF_HOOK, ["*"], true, ""],
    );
    const shown = await here.call("GET", `/webhooks/${made.id}`);
    const listed = await here.call("GET", "/webhooks");
    assert.deepEqual({ ...shown.body, secret: made.secret }, made);
    assert.deepEqual(items(listed), [shown.body]);
    assert.equal(listed.text.includes(made.secret) || shown.text.includes(made.secret), false);
  });

  it("are listed the oldest first, in pages", async () => {
    const ids = [(await add()).id, (await add()).id, (await add()).id];
    const first = await here.call("GET", "/webhooks?limit=2");
    assert.deepEqual([items(first).map(({ id }) => id), first.body.total], [ids.slice(0, 2), 3]);
    const second = await here.call("GET", `/webhooks?limit=2&cursor=${first.body.nextCursor}`);
    assert.deepEqual([items(second).map(({ id }) => id), second.body.nextCursor], [ids.slice(2), null]);
  });

  it("are changed in part", async () => {
    const { id } = await add();
    const changed = await here.call("PATCH", `/webhooks/${id}`, { events: ["member.*", "tenant.updated"] });
    assert.equal(changed.status, 200, changed.text);
    assert.deepEqual([changed.body.events, changed.body.url], [["member.*", "tenant.updated"], URL_OF_HOOK]);
    const disabled = await here.call("PATCH", `/webhooks/${id}`, { enabled: false, description: "for a while" });
    assert.deepEqual(
      [disabled.body.enabled, disabled.body.disabledReason, disabled.body.description],
      [false, null, "for a while"],
    );
  });

  it("tell the journal who did what to them, and of the URL the host alone", async () => {
    const { id } = await add();
    await here.call("PATCH", `/webhooks/${id}`, { url: "http://127.0.0.1:10/other?key=secret" });
    await here.call("PATCH", `/webhooks/${id}`, { url: "http://127.0.0.1:10/other?key=secret" });
    await here.call("POST", `/webhooks/${id}/secret`);
    await here.call("DELETE", `/webhooks/${id}`);
    const told = await here.call("GET", `/events?target=${id}&limit=200`);
    assert.deepEqual(
      items(told)
        .map(({ type }) => type)
        .toReversed(),
      ["webhook.created", "webhook.updated", "webhook.secret_rotated", "webhook.deleted"],
    );
    assert.doesNotMatch(told.text, /key=secret|whsec_/);
    assert.deepEqual((await eventsOf("webhook.updated"))[0]?.["data"], {
      attributes: ["url"],
      host: "127.0.0.1:10",
      events: ["*"],
      enabled: true,
    });
  });

  it("have their secret replaced, with the time until which the old one signs", async () => {
    const { id, secret } = await add();
    const rotated = await here.call("POST", `/webhooks/${id}/secret`);
    assert.equal(rotated.status, 201, rotated.text);
    assert.notEqual(rotated.body.secret, secret);
    const until = Date.parse(rotated.body.previousSecretUntil) - Date.now();
    assert.ok(until > 23.9 * 3_600_000 && until <= 24 * 3_600_000);
    const shown = await here.call("GET", `/webhooks/${id}`);
    assert.equal(shown.body.previousSecretUntil, rotated.body.previousSecretUntil);
  });

  it("are gone once they are deleted", async () => {
    const { id } = await add();
    assert.equal((await here.call("DELETE", `/webhooks/${id}`)).status, 204);
    for (const [method, path, body] of [
      ["GET", `/webhooks/${id}`, undefined],
      ["PATCH", `/webhooks/${id}`, { enabled: true }],
      ["DELETE", `/webhooks/${id}`, undefined],
      ["POST", `/webhooks/${id}/secret`, undefined],
      ["POST", `/webhooks/${id}/test`, undefined],
      ["GET", `/webhooks/${id}/deliveries`, undefined],
    ] as const) {
      refused(await here.call(method, path, body), 404, "not_found");
    }
  });

  it("are 20 at most, however many are added at once", async () => {
    const wanted = Array.from({ length: 26 }, () => here.call("POST", "/webhooks", { url: URL_OF_HOOK }));
    const made = (await Promise.all(wanted)).filter(({ status }) => status === 201);
    assert.equal(made.length, 20);
    refused(await here.call("POST", "/webhooks", { url: URL_OF_HOOK }), 409, "conflict");
    assert.equal((await here.call("GET", "/webhooks")).body.total, 20);
  });

  const refusedBodies: readonly (readonly [what: string, body: object, path: string])[] = [
    ["without a URL", { events: ["*"] }, "/url"],
    ["with what is no URL", { url: "example.com/hook" }, "/url"],
    ["by plain http to a public address", { url: "http://93.184.215.14/hook" }, "/url"],
    ["to a private address", { url: "https://10.0.0.1/hook" }, "/url"],
    ["to a link-local address", { url: "https://169.254.1.1/" }, "/url"],
    ["with a password in the URL", { url: "https://user:pass@hooks.example/" }, "/url"],
    ["for no event", { url: URL_OF_HOOK, events: [] }, "/events"],
    ["for an event that there is none of", { url: URL_OF_HOOK, events: ["member.exploded"] }, "/events/0"],
    ["for an event in the wrong form", { url: URL_OF_HOOK, events: ["*.created"] }, "/events/0"],
    ["with a secret of one's own", { url: URL_OF_HOOK, secret: "whsec_mine" }, "/secret"],
  ];
  for (const [what, body, path] of refusedBodies) {
    it(`are refused ${what}`, async () => {
      const problem = refused(await here.call("POST", "/webhooks", body), 400, "invalid_request");
      assert.equal((problem["errors"] as { path: string }[])[0]?.path, path);
      assert.equal((await here.call("GET", "/webhooks")).body.total, 0);
    });
  }

  it("are not led to a private address by a change (T19)", async () => {
    const { id } = await add();
    refused(await here.call("PATCH", `/webhooks/${id}`, { url: "https://192.168.0.1/" }), 400, "invalid_request");
    assert.equal((await here.call("GET", `/webhooks/${id}`)).body.url, URL_OF_HOOK);
  });

  it("need a permission of their own for each act", async () => {
    const { id } = await add();
    const view = await here.as("webhooks:view");
    assert.equal((await view("GET", "/webhooks")).status, 200);
    for (const [method, path, body] of [
      ["POST", "/webhooks", { url: URL_OF_HOOK }],
      ["PATCH", `/webhooks/${id}`, { enabled: false }],
      ["DELETE", `/webhooks/${id}`, undefined],
      ["POST", `/webhooks/${id}/secret`, undefined],
      ["POST", `/webhooks/${id}/test`, undefined],
      ["POST", `/webhooks/deliveries/${id}/retry`, undefined],
    ] as const) {
      refused(await view(method, path, body), 403, "forbidden");
    }
    const manage = await here.as("webhooks:manage");
    assert.equal((await manage("DELETE", `/webhooks/${id}`)).status, 204);
  });

  it("of another tenant are not there", async () => {
    const { id } = await add();
    const { slug } = await newTenant();
    for (const path of [`/webhooks/${id}`, `/webhooks/${id}/deliveries`]) {
      const reply = await operator.get(`/tenants/${slug}${path}`);
      refused(reply, 404, "not_found");
    }
    refused(await operator.delete(`/tenants/${slug}/webhooks/${id}`), 404, "not_found");
    refused(await operator.post(`/tenants/${slug}/webhooks/${id}/test`), 404, "not_found");
    assert.equal((await here.call("GET", `/webhooks/${id}`)).status, 200);
  });
});

describe("deliveries", () => {
  it("are listed the latest first, by status, in pages, and begin as pending", async () => {
    const { id } = await add();
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      const sent = await here.call("POST", `/webhooks/${id}/test`);
      assert.equal(sent.status, 202, sent.text);
      ids.unshift(sent.body.id);
      assert.deepEqual(
        [sent.body.type, sent.body.status, sent.body.attempts, sent.body.tenantId],
        ["webhook.tested", "pending", 0, here.tenantId],
      );
    }
    const first = await here.call("GET", `/webhooks/${id}/deliveries?limit=2&status=pending`);
    assert.equal(first.body.total, 3);
    const { nextCursor } = first.body;
    const rest = await here.call("GET", `/webhooks/${id}/deliveries?limit=2&status=pending&cursor=${nextCursor}`);
    // Three of one millisecond have no order among them.
    assert.deepEqual([...items(first), ...items(rest)].map((each) => String(each["id"])).toSorted(), ids.toSorted());
    assert.equal(rest.body.nextCursor, null);
    assert.deepEqual(items(await here.call("GET", `/webhooks/${id}/deliveries?status=parked`)), []);
    refused(await here.call("GET", `/webhooks/${id}/deliveries?status=lost`), 400, "invalid_request");
  });

  it("are written down for what happens", async () => {
    const { id } = await add({ events: ["directory.*"] });
    await here.call("POST", "/directories", { name: "Second", provider: "okta" });
    while ((await readJournal(db, "webhooks", followForWebhooks.follow, followForWebhooks)).handled > 0);
    assert.deepEqual(
      items(await here.call("GET", `/webhooks/${id}/deliveries`)).map(({ type }) => type),
      ["directory.created"],
    );
  });

  it("are sent again by their id, with or without the webhook's", async () => {
    const { id } = await add();
    const other = await add();
    const sent = await here.call("POST", `/webhooks/${id}/test`);
    await asOwner(db, "update webhook_deliveries set status = 'parked', finished_at = now() where id = $1", [
      sent.body.id,
    ]);
    for (const path of [
      `/webhooks/${id}/deliveries/${sent.body.id}/retry`,
      `/webhooks/deliveries/${sent.body.id}/retry`,
    ]) {
      const again = await here.call("POST", path);
      assert.deepEqual([again.status, again.body.status, again.body.finishedAt], [202, "pending", null], again.text);
    }
    const elsewhere = await here.call("POST", `/webhooks/${other.id}/deliveries/${sent.body.id}/retry`);
    refused(elsewhere, 404, "not_found");
    refused(await here.call("POST", `/webhooks/deliveries/${newId(new Date())}/retry`), 404, "not_found");
    const { slug } = await newTenant();
    refused(await operator.post(`/tenants/${slug}/webhooks/deliveries/${sent.body.id}/retry`), 404, "not_found");
  });

  it("of a test are refused while the webhook is disabled", async () => {
    const { id } = await add({ enabled: false });
    refused(await here.call("POST", `/webhooks/${id}/test`), 409, "conflict");
    assert.deepEqual(await eventsOf("webhook.tested"), []);
  });
});

describe("operator-wide webhooks", () => {
  it("are the operator's alone, and in no tenant's list", async () => {
    const made = await operator.post("/webhooks", { url: URL_OF_HOOK, events: ["tenant.adminless"] });
    assert.equal(made.status, 201, made.text);
    const { id } = made.body;
    try {
      assert.ok(items(await operator.get("/webhooks")).some((each) => each["id"] === id));
      assert.deepEqual(items(await here.call("GET", "/webhooks")), []);
      refused(await here.call("GET", `/webhooks/${id}`), 404, "not_found");
      const { body } = await here.call("POST", "/api-keys", { name: "all", permissions: ["*"] });
      const tenant = operator.as(body.key);
      refused(await tenant.get("/webhooks"), 403, "forbidden");
      refused(await tenant.post("/webhooks", { url: URL_OF_HOOK }), 403, "forbidden");
      refused(await tenant.delete(`/webhooks/${id}`), 403, "forbidden");
    } finally {
      assert.equal((await operator.delete(`/webhooks/${id}`)).status, 204);
    }
  });

  it("are tested, changed, rotated and followed like a tenant's", async () => {
    const made = await operator.post("/webhooks", { url: URL_OF_HOOK });
    const { id } = made.body;
    try {
      const sent = await operator.post(`/webhooks/${id}/test`);
      assert.deepEqual([sent.status, sent.body.tenantId, sent.body.type], [202, null, "webhook.tested"]);
      assert.equal((await operator.patch(`/webhooks/${id}`, { description: "ours" })).body.description, "ours");
      assert.equal((await operator.post(`/webhooks/${id}/secret`)).status, 201);
      assert.deepEqual(items(await operator.get(`/webhooks/${id}/deliveries`)), [sent.body]);
      assert.equal((await operator.post(`/webhooks/deliveries/${sent.body.id}/retry`)).status, 202);
    } finally {
      await operator.delete(`/webhooks/${id}`);
    }
  });
});
