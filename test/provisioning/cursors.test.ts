/** Paging by cursor (RFC 9865). */
import assert from "node:assert/strict";
import { openCursor, sealCursor } from "../../src/provisioning/cursor.ts";
import type { ScimRequest } from "../../src/provisioning/request.ts";
import { leniency } from "../../src/scim/dialects.ts";
import { ScimRefusal } from "../../src/scim/types.ts";
import { inTenant } from "../../src/storage/scope.ts";
import { type Answer, scimClient, type ScimClient, textOf, user } from "../support/scim.ts";
import { groupClient } from "./groupClient.ts";

/** Puts rows of members into the tenant, for whom only their names matter, and answers their ids. */
async function crowd({ db, who }: ScimClient, count: number): Promise<string[]> {
  const rows = await inTenant(db, who, ({ trx, tenantId, now }) =>
    trx.run<{ id: string }>({
      text: `insert into members (tenant_id, id, scim, user_name_key, name_key, entrance, joined_at, granted, entitled, roles,
          administers, seat, needs_seat, reasons, created_at, updated_at)
        select $1, uuid_v7($2), jsonb_build_object('userName', 'p' || i, 'title', 't' || i % 7), 'p' || i, 'p' || i, 'scim', $2,
          '{}', '{viewer}', '{viewer}', false, 'none', false, '[{"code":"noRoleNeedsSeat"}]', $2, $2
        from generate_series(1, $3) as i returning id`,
      values: [tenantId, now, count],
    }),
  );
  return rows.map(({ id }) => id);
}

const idsOf = ({ body }: Answer): string[] => (body["Resources"] as { id: string }[]).map(({ id }) => id);

function refused({ status, body }: Answer, scimType: string, message = scimType): void {
  assert.deepEqual([status, body["scimType"]], [400, scimType], `${message}: ${textOf(body["detail"])}`);
}

async function page(client: ScimClient, query: string, cursor = ""): Promise<Answer> {
  const answer = await client.get(`/Users?cursor=${cursor}${query}`);
  assert.equal(answer.status, 200, textOf(answer.body["detail"]));
  return answer;
}

const next = ({ body }: Answer): string => textOf(body["nextCursor"] ?? "");

describe("paging by cursor (RFC 9865)", () => {
  it("§2: a cursor without a value asks for the first page; nextCursor is absent on the last one alone", async () => {
    const client = await scimClient();
    const ids = (await crowd(client, 5)).toSorted();
    const first = await client.get("/Users?cursor&count=2");
    assert.deepEqual([first.body["totalResults"], first.body["itemsPerPage"], idsOf(first)], [5, 2, ids.slice(0, 2)]);
    assert.match(next(first), /^[A-Za-z0-9._~-]+$/, "RFC 3986 §2.3: unreserved characters");
    assert.ok(!("previousCursor" in first.body), "MUST NOT be on the first page");
    assert.ok(!("startIndex" in first.body));
    const second = await page(client, "&count=2", next(first));
    assert.deepEqual(idsOf(second), ids.slice(2, 4));
    const last = await page(client, "", next(second));
    assert.deepEqual([idsOf(last), "nextCursor" in last.body], [ids.slice(4), false]);
    const all = await page(client, "&count=5");
    assert.deepEqual([all.body["itemsPerPage"], "nextCursor" in all.body], [5, false], "a full page may be the last");
    const none = await page(client, `&filter=${encodeURIComponent("title eq null")}`);
    assert.deepEqual([none.body["totalResults"], idsOf(none), "nextCursor" in none.body], [0, [], false]);
  });

  it("§2: previousCursor leads back, up to the first page, which has none", async () => {
    const client = await scimClient();
    const ids = (await crowd(client, 5)).toSorted();
    const first = await page(client, "&count=2");
    const second = await page(client, "&count=2", next(first));
    const third = await page(client, "&count=2", next(second));
    const back = await page(client, "&count=2", textOf(third.body["previousCursor"]));
    assert.deepEqual(idsOf(back), ids.slice(2, 4));
    const start = await page(client, "&count=2", textOf(back.body["previousCursor"]));
    assert.deepEqual([idsOf(start), "previousCursor" in start.body], [ids.slice(0, 2), false]);
    assert.deepEqual(idsOf(await page(client, "&count=2", next(start))), ids.slice(2, 4));
    for (const id of ids.slice(0, 2)) await client.delete(`/Users/${id}`);
    const gone = await page(client, "&count=2", textOf(back.body["previousCursor"]));
    assert.deepEqual([idsOf(gone), "previousCursor" in gone.body], [ids.slice(2, 4), false], "what is first now");
  });

  it("loses none of 2,500 users who are there all along, while others go and come, and shows none twice", async () => {
    const client = await scimClient();
    const ids = await crowd(client, 2500);
    const gone = new Set<string>();
    const seen: string[] = [];
    let totals = new Set<unknown>();
    for (let cursor = "", turn = 0; ; turn++) {
      const answer = await page(client, "&count=100", cursor);
      seen.push(...idsOf(answer));
      totals = totals.add(answer.body["totalResults"]);
      if (next(answer) === "") break;
      cursor = next(answer);
      // The last one shown, by whose place the walk goes on, one from before, and one from anywhere.
      for (const id of [seen.at(-1), seen.at(-70), ids[(turn * 97) % 2500]].filter((each) => each !== undefined)) {
        if (!gone.has(id)) assert.equal((await client.delete(`/Users/${id}`)).status, 204);
        gone.add(id);
      }
      await client.create(user(`late${turn}@example.com`));
    }
    const shown = new Set(seen);
    assert.equal(shown.size, seen.length, "none twice");
    assert.deepEqual(
      ids.filter((id) => !gone.has(id) && !shown.has(id)),
      [],
    );
    assert.deepEqual([...totals], [2500], "counted with the first page and carried along");
  });

  it("goes by an order as well, and by a filter", async () => {
    const client = await scimClient();
    await crowd(client, 30);
    for (const query of [
      "&sortBy=userName&sortOrder=descending",
      "&sortBy=title",
      `&sortBy=title&sortOrder=descending&filter=${encodeURIComponent('title gt "t2"')}`,
      "&sortBy=nickName",
      "&sortBy=meta.created&sortOrder=descending",
    ]) {
      const whole = await client.get(`/Users?count=100${query}`);
      const seen: string[] = [];
      for (let cursor = ""; ;) {
        const answer = await page(client, `&count=7${query}`, cursor);
        assert.equal(answer.body["totalResults"], whole.body["totalResults"]);
        seen.push(...idsOf(answer));
        cursor = next(answer);
        if (cursor === "") break;
      }
      assert.deepEqual(seen, idsOf(whole), query);
    }
  });

  it("§2: a negative count is 0, which asks for the total alone; one above the maximum is the maximum", async () => {
    const client = await scimClient();
    await crowd(client, 3);
    for (const count of [0, -4]) {
      const { body } = await page(client, `&count=${count}`);
      assert.deepEqual([body["totalResults"], body["itemsPerPage"], "nextCursor" in body], [3, 0, false]);
    }
    assert.equal((await page(client, "&count=100000")).body["itemsPerPage"], 3);
  });

  it("§2: count stays as on the first page, or unsaid; any other is 400 invalidCount", async () => {
    const client = await scimClient();
    await crowd(client, 5);
    const cursor = next(await page(client, "&count=2"));
    assert.equal((await page(client, "", cursor)).body["itemsPerPage"], 2);
    for (const count of ["3", "0", "ten", "2.5"]) {
      refused(await client.get(`/Users?cursor=${cursor}&count=${count}`), "invalidCount", count);
    }
    refused(await client.get("/Users?cursor&count=ten"), "invalidCount");
  });

  it("startIndex beside a cursor is 400 invalidValue: a list goes by the one or the other", async () => {
    const client = await scimClient();
    refused(await client.get("/Users?cursor&startIndex=1"), "invalidValue");
  });

  it("§2.4: a cursor of another tenant, directory, token, type or query, and a forged one, are 400 invalidCursor, in the same words", async () => {
    const [client, other] = [await groupClient(), await scimClient()];
    await crowd(client, 5);
    for (const name of ["A", "B", "C"]) await client.newGroup(name);
    const query = `count=2&sortBy=userName&filter=${encodeURIComponent("userName pr")}`;
    const first = await client.get(`/Users?cursor&${query}`);
    const cursor = next(first);
    const { token } = await client.newToken();
    const details = new Set<unknown>();
    const check = (answer: Answer, what: string): void => {
      refused(answer, "invalidCursor", what);
      details.add(answer.body["detail"]);
    };
    check(await other.get(`/Users?cursor=${cursor}&${query}`), "another tenant's");
    check(
      await client.get(`/Users?cursor=${cursor}&${query}`, { authorization: `Bearer ${token}` }),
      "another token's of the tenant",
    );
    check(
      await client.get(`/Groups?cursor=${next(await client.get("/Users?cursor&count=2"))}&count=2`),
      "Users at Groups",
    );
    check(await client.get(`/?cursor=${cursor}&${query}`), "Users at the root");
    for (const changed of [
      "count=2&sortBy=userName",
      `count=2&filter=${encodeURIComponent("userName pr")}`,
      `${query}&sortOrder=descending`,
      `${query}&attributes=userName`,
      `${query}&excludedAttributes=name`,
      query.replace("pr", "sw%20%22p%22"),
    ]) {
      check(await client.get(`/Users?cursor=${cursor}&${changed}`), changed);
    }
    const flipped = (at: number): string =>
      cursor.slice(0, at) + (cursor.at(at) === "A" ? "B" : "A") + cursor.slice(at + 1);
    const forged = [0, 20, 40, 60].map(flipped);
    for (const each of [
      ...forged,
      cursor.slice(4),
      `${cursor}AAAA`,
      "x",
      "AAAA",
      "%00",
      "a b",
      "é",
      "1".repeat(9000),
    ]) {
      check(await client.get(`/Users?cursor=${each}&${query}`), each.slice(0, 80));
    }
    check(await client.get(`/Users?cursor=${cursor}&cursor=${cursor}&${query}`), "given twice");
    assert.equal(details.size, 1);
    assert.equal((await client.get(`/Users?cursor=${cursor}&${query}`)).status, 200, "its own is good still");
  });

  it("is what /ServiceProviderConfig says of it (§4)", async () => {
    const client = await scimClient();
    const { body } = await client.get("/ServiceProviderConfig");
    const { cursor, index, defaultPaginationMethod } = body["pagination"] as Record<string, unknown>;
    assert.deepEqual([cursor, index, defaultPaginationMethod], [true, true, "index"]);
    assert.ok("startIndex" in (await client.get("/Users")).body, "index unless a cursor is given");
  });
});

describe("a cursor", () => {
  const made = new Date("2026-01-01T00:00:00Z");
  const later = (seconds: number): Date => new Date(made.getTime() + seconds * 1000);
  const [old, fresh] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const state = {
    place: { key: "ana@example.com", id: "0199a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b" },
    backwards: true,
    count: 7,
    total: 9,
  };

  function request(now: Date, secretKeys: readonly Buffer[], tokenId = "k"): ScimRequest {
    const who = { tenantId: "t", actor: { type: "scim_token" }, now } as const;
    const rest = { directoryId: "d", baseUrl: "", ifMatch: undefined, leniency: leniency("rfc") };
    return { ...rest, who, tokenId, secretKeys } as unknown as ScimRequest;
  }

  it("is good for the time that /ServiceProviderConfig tells, and 400 expiredCursor from then on", () => {
    const cursor = sealCursor(request(made, [old]), "q", state);
    assert.deepEqual(openCursor(request(later(3599), [old]), "q", cursor), state);
    for (const seconds of [3600, 1e6]) {
      assert.throws(
        () => openCursor(request(later(seconds), [old]), "q", cursor),
        (error: unknown) => error instanceof ScimRefusal && error.scimType === "expiredCursor",
      );
    }
  });

  it("outlives a change of the secret key as long as the old one is kept, and not for longer", () => {
    const cursor = sealCursor(request(made, [old]), "q", state);
    assert.deepEqual(openCursor(request(made, [fresh, old]), "q", cursor), state);
    assert.throws(() => openCursor(request(made, [fresh]), "q", cursor), /no cursor of this query/);
  });

  it("says that it is none of theirs to others before it says that it has expired", () => {
    const cursor = sealCursor(request(made, [old]), "q", state);
    assert.throws(() => openCursor(request(later(4000), [old], "other"), "q", cursor), /no cursor of this query/);
  });

  it("tells nobody what is in it", () => {
    const cursor = sealCursor(request(made, [old]), "q", state);
    assert.ok(!Buffer.from(cursor, "base64url").toString("latin1").includes("ana"));
    assert.notEqual(sealCursor(request(made, [old]), "q", state), cursor);
  });
});
