import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { Webhook as Verifier } from "standardwebhooks";
import { newId } from "../../src/base/ids.ts";
import { unseal } from "../../src/base/secrets.ts";
import { firstId } from "../../src/events/readEvents.ts";
import { OPERATOR_PLACE, type Webhook } from "../../src/events/webhook.ts";
import { usualPatience } from "../../src/events/webhookAttempt.ts";
import { retryDelivery, testWebhook } from "../../src/events/webhookDeliveries.ts";
import { deleteDeliveriesBelow } from "../../src/events/webhookDeliveries.store.ts";
import { changeWebhook, readWebhook, removeWebhook, rotateWebhookSecret } from "../../src/events/webhooks.ts";
import { claimDeliveries, markDelivered, sendingOf } from "../../src/events/webhookSending.store.ts";
import type { Database } from "../../src/storage/types.ts";
import { asOwner } from "../storage/catalogue.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";
import {
  deliveriesOf,
  endpoint,
  fanOutAll,
  happen,
  impatient,
  partsOf,
  receiver,
  type Receiver,
  secretKeys,
  sending,
  system,
  until,
} from "./receiver.ts";

let db: Database;
let tenantId: string;
let slug: string;
let hook: Receiver;
const made: { tenantId: string; id: string }[] = [];

before(async () => {
  db = await testDatabase();
});

beforeEach(async () => {
  const tenant = await newTenant();
  [tenantId, slug] = [tenant.id, tenant.slug];
  // What the making of the tenant told is behind us.
  await fanOutAll(db);
  hook = await receiver();
});

afterEach(async () => {
  hook.close();
  // Endpoints of other cases are not to be sent to.
  for (const each of made.splice(0)) await removeWebhook(db, system(each.tenantId), each.id).catch(() => {});
});

/** An endpoint that is gone after the case. */
async function listen(...[url, more, place = tenantId]: [string?, Parameters<typeof endpoint>[3]?, string?]) {
  const added = await endpoint(db, place, url ?? hook.url, more);
  made.push({ tenantId: place, id: added.id });
  await fanOutAll(db);
  return added;
}

function someone(): string {
  return newId(new Date());
}

function typesOf({ received }: Receiver): string[] {
  return received.map(({ body }) => body.type);
}

async function webhook(id: string): Promise<Webhook> {
  return readWebhook(db, system(tenantId), id);
}

describe("a webhook", () => {
  it("is an event as the API shows it, with its tenant, signed as Standard Webhooks has it", async () => {
    const { secret } = await listen(hook.url, { events: ["member.*"] });
    const member = someone();
    const eventId = await happen(db, tenantId, "member.created", member, { roles: ["member"] });
    await fanOutAll(db);
    await sending(db, impatient(3), () => until("one", () => hook.received.length === 1));
    const [got] = hook.received;
    assert.ok(got);
    const verified = new Verifier(secret).verify(got.text, got.headers) as typeof got.body;
    assert.deepEqual(verified, {
      type: "member.created",
      timestamp: got.body.timestamp,
      data: {
        id: eventId,
        type: "member.created",
        at: got.body.timestamp,
        actor: { type: "system", id: null },
        target: { type: "member", id: member },
        data: { roles: ["member"] },
        tenant: { id: tenantId, slug },
      },
    });
    assert.equal(got.headers["webhook-id"], eventId);
    assert.equal(got.headers["content-type"], "application/json");
  });

  it("is signed over id, timestamp and body with HMAC-SHA256 of the secret's bytes (T24)", async () => {
    const { secret } = await listen(hook.url, { events: ["member.*"] });
    await happen(db, tenantId, "member.created", someone(), { name: "Ünïcode" });
    await fanOutAll(db);
    await sending(db, impatient(3), () => until("one", () => hook.received.length === 1));
    const { headers, text } = hook.received[0]!;
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
    const hmac = createHmac("sha256", Buffer.from(secret.slice("whsec_".length), "base64"));
    const signed = hmac.update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${text}`).digest("base64");
    assert.equal(headers["webhook-signature"], `v1,${signed}`);
  });

  it("goes to the endpoints that want its type", async () => {
    const [all, nouns, one, other] = await Promise.all([receiver(), receiver(), receiver(), receiver()]);
    try {
      await listen(all.url, { events: ["*"] });
      await listen(nouns.url, { events: ["member.*"] });
      await listen(one.url, { events: ["member.deleted", "tenant.updated"] });
      await listen(other.url, { events: ["group.*"] });
      all.received.length = 0;
      const member = someone();
      await happen(db, tenantId, "member.created", member);
      await happen(db, tenantId, "member.deleted", member);
      await fanOutAll(db);
      const arrived = (): boolean =>
        typesOf(all).filter((type) => type.startsWith("member.")).length === 2 &&
        nouns.received.length === 2 &&
        one.received.length === 1;
      await sending(db, impatient(3), () => until("all", arrived));
      assert.deepEqual(typesOf(nouns), ["member.created", "member.deleted"]);
      assert.deepEqual(typesOf(one), ["member.deleted"]);
      assert.deepEqual(other.received, []);
    } finally {
      for (const each of [all, nouns, one, other]) each.close();
    }
  });

  it("never goes to another tenant, and of all tenants to the operator's endpoint", async () => {
    const { id: theirs } = await newTenant();
    const operator = await receiver();
    try {
      await listen(operator.url, { events: ["member.*"] }, OPERATOR_PLACE);
      await listen(hook.url, { events: ["member.*"] });
      const ids = [
        await happen(db, tenantId, "member.created", someone()),
        await happen(db, theirs, "member.created", someone()),
      ];
      await fanOutAll(db);
      await sending(db, impatient(3), () => until("two", () => operator.received.length === 2));
      assert.deepEqual(operator.received.map(({ body }) => body.data.id).toSorted(), ids.toSorted());
      assert.deepEqual(
        hook.received.map(({ body }) => body.data.id),
        [ids[0]],
      );
    } finally {
      operator.close();
    }
  });

  it("does not go to a disabled endpoint, and what happened meanwhile is not sent later", async () => {
    const { id } = await listen(hook.url, { events: ["member.*"], enabled: false });
    await happen(db, tenantId, "member.created", someone());
    await fanOutAll(db);
    await changeWebhook(partsOf(db), system(tenantId), id, { enabled: true });
    const later = await happen(db, tenantId, "member.deleted", someone());
    await fanOutAll(db);
    await sending(db, impatient(3), () => until("one", () => hook.received.length > 0));
    assert.deepEqual(
      hook.received.map(({ body }) => body.data.id),
      [later],
    );
  });

  it("to be tested goes to its endpoint alone, whatever that wants", async () => {
    const other = await receiver();
    try {
      await listen(other.url, { events: ["*"] });
      const { id } = await listen(hook.url, { events: ["group.*"] });
      await testWebhook(db, system(tenantId), id);
      await fanOutAll(db);
      await sending(db, impatient(3), () => until("one", () => hook.received.length === 1));
      assert.deepEqual(typesOf(hook), ["webhook.tested"]);
      assert.ok(!typesOf(other).includes("webhook.tested"));
      assert.equal(hook.received[0]?.body.data["data"] instanceof Object, true);
      assert.doesNotMatch(hook.received[0]?.text ?? "", /key=secret/);
    } finally {
      other.close();
    }
  });
});

describe("the secret of a webhook", () => {
  it("is sealed at rest, for its endpoint alone", async () => {
    const { id, secret } = await listen();
    const [row] = await asOwner<{ secret: Buffer }>(db, "select secret from webhooks where id = $1", [id]);
    assert.ok(row && !row.secret.includes(secret) && !row.secret.includes(secret.slice(6)));
    assert.equal(unseal(secretKeys, row.secret, `webhooks/${id}`), secret);
    assert.throws(() => unseal(secretKeys, row.secret, `webhooks/${newId(new Date())}`));
  });

  it("signs beside the new one for 24 hours after it was replaced", async () => {
    const { id, secret } = await listen(hook.url, { events: ["member.*"] });
    const rotated = await rotateWebhookSecret(partsOf(db), system(tenantId), id);
    assert.ok(rotated.previousSecretUntil.getTime() - Date.now() > 23.9 * 3_600_000);
    await happen(db, tenantId, "member.created", someone());
    await fanOutAll(db);
    await sending(db, impatient(3), () => until("one", () => hook.received.length === 1));
    const { text, headers } = hook.received[0]!;
    for (const each of [secret, rotated.secret]) assert.ok(new Verifier(each).verify(text, headers));
    assert.equal(headers["webhook-signature"]?.split(" ").length, 2);
  });

  it("signs no more when that time is over, nor when it was replaced twice", async () => {
    const { id, secret } = await listen(hook.url, { events: ["member.*"] });
    const dayAgo = new Date(Date.now() - 25 * 3_600_000);
    const second = await rotateWebhookSecret(partsOf(db), system(tenantId, dayAgo), id);
    await happen(db, tenantId, "member.created", someone());
    await fanOutAll(db);
    await sending(db, impatient(3), () => until("one", () => hook.received.length === 1));
    const over = hook.received[0]!;
    assert.throws(() => new Verifier(secret).verify(over.text, over.headers));
    assert.ok(new Verifier(second.secret).verify(over.text, over.headers));
    const third = await rotateWebhookSecret(partsOf(db), system(tenantId), id);
    await happen(db, tenantId, "member.created", someone());
    await fanOutAll(db);
    await sending(db, impatient(3), () => until("two", () => hook.received.length === 2));
    const twice = hook.received[1]!;
    assert.throws(() => new Verifier(secret).verify(twice.text, twice.headers));
    for (const each of [second.secret, third.secret]) assert.ok(new Verifier(each).verify(twice.text, twice.headers));
  });
});

describe("a webhook that is not taken", () => {
  it("is sent again with the same id and a fresh timestamp, until it is (T24)", async () => {
    const { id } = await listen(hook.url, { events: ["member.*"] });
    hook.answer = (_received, nth) => (nth < 3 ? 500 : 200);
    const eventId = await happen(db, tenantId, "member.created", someone());
    await fanOutAll(db);
    await sending(db, impatient(5), async () => {
      await until("delivered", async () => (await deliveriesOf(db, tenantId, id))[0]?.status === "delivered");
    });
    assert.deepEqual(
      hook.received.map(({ headers }) => headers["webhook-id"]),
      [eventId, eventId, eventId],
    );
    const [delivery] = await deliveriesOf(db, tenantId, id);
    assert.deepEqual([delivery?.attempts, delivery?.responseStatus, delivery?.error], [3, 200, null]);
    assert.equal((await webhook(id)).failingSince, null);
  });

  it("holds back later ones about the same thing, and none about others (T24)", async () => {
    const { id } = await listen(hook.url, { events: ["member.*"] });
    const [ana, ben] = [someone(), someone()];
    hook.answer = ({ body }) => ((body.data["target"] as { id: string }).id === ana ? 503 : 200);
    const ofAna = [
      await happen(db, tenantId, "member.created", ana),
      await happen(db, tenantId, "member.updated", ana),
    ];
    const ofBen = [
      await happen(db, tenantId, "member.created", ben),
      await happen(db, tenantId, "member.deleted", ben),
    ];
    await fanOutAll(db);
    const seen = (): string[] => hook.received.map(({ body }) => body.data.id);
    await sending(db, impatient(1_000), async () => {
      await until("all of Ben's", () => ofBen.every((each) => seen().includes(each)));
      assert.ok(!seen().includes(ofAna[1]!));
      hook.answer = () => 200;
      await until("all of Ana's", async () =>
        (await deliveriesOf(db, tenantId, id)).every(({ status }) => status === "delivered"),
      );
    });
    assert.ok(seen().indexOf(ofBen[0]!) < seen().indexOf(ofBen[1]!));
    assert.ok(seen().lastIndexOf(ofAna[0]!) < seen().indexOf(ofAna[1]!));
  });

  it("is parked with the reason after the last attempt, and then the next one goes", async () => {
    const { id } = await listen(hook.url, { events: ["member.*"] });
    const ana = someone();
    const first = await happen(db, tenantId, "member.created", ana);
    await happen(db, tenantId, "member.updated", ana);
    await fanOutAll(db);
    hook.answer = ({ body }) => (body.data.id === first ? 422 : 200);
    await sending(db, impatient(3), () =>
      until("both ended", async () => (await deliveriesOf(db, tenantId, id)).every(({ finishedAt }) => finishedAt)),
    );
    const [parked, next] = await deliveriesOf(db, tenantId, id).then((all) =>
      all.toSorted((a) => (a.eventId === first ? -1 : 1)),
    );
    assert.deepEqual(
      [parked?.status, parked?.attempts, parked?.responseStatus, parked?.error, parked?.nextAttemptAt],
      ["parked", 3, 422, "HTTP 422 not now", null],
    );
    assert.equal(next?.status, "delivered");
  });

  it("is sent again by hand, with all its attempts before it", async () => {
    const { id } = await listen(hook.url, { events: ["member.*"] });
    hook.answer = () => 500;
    await happen(db, tenantId, "member.created", someone());
    await fanOutAll(db);
    await sending(db, impatient(2), async () => {
      await until("parked", async () => (await deliveriesOf(db, tenantId, id))[0]?.status === "parked");
      hook.answer = () => 200;
      const [parked] = await deliveriesOf(db, tenantId, id);
      const again = await retryDelivery(db, system(tenantId), id, parked!.id);
      assert.deepEqual([again.status, again.finishedAt], ["pending", null]);
      await until("delivered", async () => (await deliveriesOf(db, tenantId, id))[0]?.status === "delivered");
    });
  });

  it("waits as long as the receiver asks for", async () => {
    const { id } = await listen(hook.url, { events: ["member.*"] });
    hook.answer = () => (res) => res.writeHead(429, { "Retry-After": "600" }).end();
    await happen(db, tenantId, "member.created", someone());
    await fanOutAll(db);
    await sending(db, impatient(3), () => until("one", () => hook.received.length === 1));
    const [delivery] = await deliveriesOf(db, tenantId, id);
    assert.ok((delivery?.nextAttemptAt?.getTime() ?? 0) - Date.now() > 590_000);
    assert.equal(delivery?.error, "HTTP 429");
  });

  const failures: readonly (readonly [
    what: string,
    answer: Receiver["answer"],
    error: RegExp,
    status: number | null,
  ])[] = [
    [
      "a redirect, which is not followed",
      () => (res) => res.writeHead(302, { Location: "http://127.0.0.1:1/" }).end(),
      /^HTTP 302 Redirects are not followed/,
      302,
    ],
    ["a connection that is cut", () => (res) => void res.destroy(), /cut the connection/, null],
    [
      "an answer with control characters, of which only the beginning is kept",
      () => (res) => res.writeHead(500).end(`a\0b\u001b[31m${"x".repeat(5_000)}`),
      /^HTTP 500 a b \[31mx{100,500}$/,
      500,
    ],
  ];
  for (const [what, answer, error, status] of failures) {
    it(`is shown in the log: ${what}`, async () => {
      const { id } = await listen(hook.url, { events: ["member.*"] });
      hook.answer = answer;
      await happen(db, tenantId, "member.created", someone());
      await fanOutAll(db);
      await sending(db, impatient(1), () =>
        until("parked", async () => (await deliveriesOf(db, tenantId, id))[0]?.status === "parked"),
      );
      const [delivery] = await deliveriesOf(db, tenantId, id);
      assert.match(delivery?.error ?? "", error);
      assert.equal(delivery?.responseStatus, status);
    });
  }

  it("is not sent at all where the URL has come to lead to a private address (T19)", async () => {
    const { id } = await listen(hook.url, { events: ["member.*"] });
    await asOwner(db, "update webhooks set url = 'https://10.0.0.1/hook' where id = $1", [id]);
    await happen(db, tenantId, "member.created", someone());
    await fanOutAll(db);
    await sending(db, impatient(1), () =>
      until("parked", async () => (await deliveriesOf(db, tenantId, id))[0]?.status === "parked"),
    );
    assert.match((await deliveriesOf(db, tenantId, id))[0]?.error ?? "", /public address/);
  });

  it("is waited for from seconds to half a day, some three days in all", () => {
    const { delays } = usualPatience;
    const total = delays.reduce((sum, each) => sum + each, 0);
    assert.deepEqual([delays[0], Math.max(...delays)], [5_000, 12 * 3_600_000]);
    assert.deepEqual(
      delays,
      [...delays].toSorted((a, b) => a - b),
    );
    assert.ok(total > 3 * 86_400_000 && total < 3.5 * 86_400_000);
  });
});

describe("an endpoint that takes nothing", () => {
  it("is disabled after days, with the reason, an event and a mail to the admins", async () => {
    const { id } = await listen(hook.url, { events: ["member.*"] });
    hook.answer = () => 500;
    await happen(db, tenantId, "member.created", someone());
    await happen(db, tenantId, "member.created", someone());
    await fanOutAll(db);
    await sending(db, impatient(2, 0), () => until("disabled", async () => !(await webhook(id)).enabled));
    const { disabledReason, failingSince } = await webhook(id);
    assert.equal(disabledReason, "failing");
    assert.ok(failingSince);
    const told = await asOwner<{ data: unknown }>(
      db,
      "select data from events where tenant_id = $1 and type = 'webhook.disabled'",
      [tenantId],
    );
    assert.deepEqual(told, [
      { data: { reason: "failing", host: new URL(hook.url).host, failingSince: failingSince.toISOString() } },
    ]);
    const mails = await asOwner<{ payload: unknown }>(
      db,
      "select payload from jobs where tenant_id = $1 and kind = 'mail.admins'",
      [tenantId],
    );
    assert.deepEqual(mails, [{ payload: { message: "webhookDisabled", values: { url: new URL(hook.url).host } } }]);
  });

  it("stays enabled while days have not passed", async () => {
    const { id } = await listen(hook.url, { events: ["member.*"] });
    hook.answer = () => 500;
    await happen(db, tenantId, "member.created", someone());
    await fanOutAll(db);
    await sending(db, impatient(1), () =>
      until("parked", async () => (await deliveriesOf(db, tenantId, id))[0]?.status === "parked"),
    );
    assert.deepEqual([(await webhook(id)).enabled, (await webhook(id)).disabledReason], [true, null]);
  });

  it("is disabled at once where it answers 410, and sent what waits when somebody enables it again", async () => {
    const { id } = await listen(hook.url, { events: ["member.*"] });
    hook.answer = () => 410;
    const ana = someone();
    await happen(db, tenantId, "member.created", ana);
    const second = await happen(db, tenantId, "member.updated", ana);
    await fanOutAll(db);
    await sending(db, impatient(3), async () => {
      await until("disabled", async () => (await webhook(id)).disabledReason === "gone");
      assert.equal(hook.received.length, 1);
      hook.answer = () => 200;
      const enabled = await changeWebhook(partsOf(db), system(tenantId), id, { enabled: true });
      assert.deepEqual([enabled.enabled, enabled.disabledReason, enabled.failingSince], [true, null, null]);
      await until("the second", () => hook.received.some(({ body }) => body.data.id === second));
    });
  });

  it("delays no other, however slow it is (T24)", async () => {
    const slow = await receiver(() => () => {});
    try {
      await listen(slow.url, { events: ["member.*"] });
      await listen(hook.url, { events: ["member.*"] });
      for (let i = 0; i < 12; i++) await happen(db, tenantId, "member.created", someone());
      await fanOutAll(db);
      await sending(db, impatient(1_000), async () => {
        await until("the slow one's", () => slow.received.length > 0);
        await until("the other's", () => hook.received.length === 12);
        // Its places, and none of anybody else's.
        assert.ok(slow.received.length <= 4);
        slow.answer = () => 200;
      });
    } finally {
      slow.close();
    }
  });

  it("is sent nothing once it is deleted, and what waited for it is gone", async () => {
    const { id } = await listen(hook.url, { events: ["member.*"] });
    await happen(db, tenantId, "member.created", someone());
    await fanOutAll(db);
    await removeWebhook(db, system(tenantId), id);
    const waiting = await asOwner(db, "select from webhook_deliveries where webhook_id = $1", [id]);
    assert.deepEqual(waiting, []);
    await happen(db, tenantId, "member.created", someone());
    await fanOutAll(db);
    await listen(hook.url, { events: ["group.created"] });
    await happen(db, tenantId, "group.created", someone());
    await fanOutAll(db);
    await sending(db, impatient(3), () => until("another's", () => hook.received.length > 0));
    assert.deepEqual(typesOf(hook), ["group.created"]);
  });
});

describe("a delivery", () => {
  it("whose process was killed is sent by another after its lease, and the late end of the first counts for nothing", async () => {
    const { id } = await listen(hook.url, { events: ["member.*"] });
    await happen(db, tenantId, "member.created", someone());
    await fanOutAll(db);
    const limits = { leaseMs: 300, most: 100, mostOfEach: 4, busy: new Map<string, number>() };
    const { text, values } = claimDeliveries(limits);
    const rows = await asOwner<Parameters<typeof sendingOf>[0]>(db, text, values);
    const claimed = rows.map(sendingOf).find(({ webhookId }) => webhookId === id);
    assert.ok(claimed);
    assert.deepEqual(
      (await asOwner<{ webhookId: string }>(db, text, values)).filter(({ webhookId }) => webhookId === id),
      [],
    );
    hook.answer = () => 500;
    await sending(db, impatient(1_000), async () => {
      await until("the other's attempt", () => hook.received.length > 0);
      const late = markDelivered(claimed, { responseStatus: 200, durationMs: 1 });
      await asOwner(db, late.text, late.values);
      assert.equal((await deliveriesOf(db, tenantId, id))[0]?.status, "pending");
      hook.answer = () => 200;
      await until("delivered", async () => (await deliveriesOf(db, tenantId, id))[0]?.status === "delivered");
    });
  });

  it("is shared by several senders without one being sent twice at the same time", async () => {
    await listen(hook.url, { events: ["member.*"] });
    for (let i = 0; i < 40; i++) await happen(db, tenantId, "member.created", someone());
    await fanOutAll(db);
    await sending(db, impatient(3), () =>
      sending(db, impatient(3), () => until("all", () => hook.received.length >= 40)),
    );
    assert.equal(new Set(hook.received.map(({ body }) => body.data.id)).size, 40);
    assert.equal(hook.received.length, 40);
  });

  it("is kept for its time and no longer", async () => {
    const { id } = await listen(hook.url, { events: ["member.*"] });
    await happen(db, tenantId, "member.created", someone());
    await fanOutAll(db);
    const { text, values } = deleteDeliveriesBelow(firstId(new Date(Date.now() - 60_000)), 1_000);
    await asOwner(db, text, values);
    assert.equal((await deliveriesOf(db, tenantId, id)).length, 1);
    const now = deleteDeliveriesBelow(firstId(new Date(Date.now() + 60_000)), 1_000);
    await asOwner(db, now.text, now.values);
    assert.equal((await deliveriesOf(db, tenantId, id)).length, 0);
  });
});
