import assert from "node:assert/strict";
import * as fc from "fast-check";
import { newId } from "../../src/base/ids.ts";
import { createMember } from "../../src/directory/members/createMember.ts";
import { profileOf, type Member } from "../../src/directory/members/member.ts";
import { membersWithKey } from "../../src/directory/members/memberList.store.ts";
import { newMember } from "../../src/directory/members/newMember.ts";
import { acrossTenants, inTenant } from "../../src/storage/scope.ts";
import { items, place, refused, type Call, type Place } from "./place.ts";

/** What a list needs: a place with people who differ in all that lists filter and sort by. */
async function crowd(options?: Parameters<typeof place>[0]): Promise<Place> {
  const here = await place(options);
  await here.add("ana@example.com", { name: { givenName: "Ana", familyName: "Berg" }, roles: ["admin"] });
  await here.add("bea@example.com", { name: { givenName: "bea", familyName: "Çelik" }, roles: ["viewer"] });
  await here.add("cid@example.org", { name: { givenName: "Cid", familyName: "100%_\\" } });
  const { id } = await here.add("dan@example.org", { name: { givenName: "Dan" } });
  assert.equal((await here.call("PATCH", `/members/${String(id)}`, { hold: true })).status, 200);
  await here.push("eve", { displayName: "Zed", name: { givenName: "Eve", familyName: "Øst" }, emails: [] });
  return here;
}

async function emails(call: Call, query: string): Promise<unknown[]> {
  return items(await call("GET", `/members?${query}`)).map(({ email }) => email);
}

describe("GET /members", () => {
  it("shows all members, the oldest first, and counts them", async () => {
    const { call } = await crowd();
    const { body } = await call("GET", "/members");
    const page = body as { items: Record<string, unknown>[]; total: number; nextCursor: unknown };
    assert.deepEqual(
      page.items.map(({ email }) => email),
      ["ana@example.com", "bea@example.com", "cid@example.org", "dan@example.org", null],
    );
    assert.deepEqual([page.total, page.nextCursor], [5, null]);
  });

  it("shows another tenant nothing", async () => {
    await crowd();
    const { call } = await place();
    assert.deepEqual((await call("GET", "/members")).body, { items: [], total: 0, nextCursor: null });
  });

  const filters: readonly (readonly [query: string, found: readonly unknown[]])[] = [
    ["search=BERG", ["ana@example.com"]],
    ["search=a%20be", ["ana@example.com"]],
    ["search=example.ORG", ["cid@example.org", "dan@example.org"]],
    [`search=${encodeURIComponent("ÇELIK")}`, ["bea@example.com"]],
    [`search=${encodeURIComponent("C\u0327elik")}`, ["bea@example.com"]],
    ["search=celik", ["bea@example.com"]],
    ["search=CEL", ["bea@example.com"]],
    [`search=${encodeURIComponent("ást")}`, []],
    ["search=ost", [null]],
    ["search=le.com", ["ana@example.com", "bea@example.com"]],
    ["search=be", ["ana@example.com", "bea@example.com"]],
    ["search=zed", [null]],
    [`search=${encodeURIComponent("øst")}`, [null]],
    ["search=%25", ["cid@example.org"]],
    ["search=_", ["cid@example.org"]],
    ["search=%5C", ["cid@example.org"]],
    ["search=%25%25", []],
    ["search='%20or%20true%20--", []],
    ["status=active", ["ana@example.com", "bea@example.com", "cid@example.org", null]],
    ["status=suspended", ["dan@example.org"]],
    ["status=invited", []],
    ["role=admin", ["ana@example.com"]],
    ["role=viewer", ["bea@example.com"]],
    ["role=nobody", []],
    ["seat=with", ["ana@example.com", "cid@example.org", null]],
    ["seat=without", ["bea@example.com", "dan@example.org"]],
    ["seat=waiting", []],
    ["entrance=scim", [null]],
    ["entrance=csv", []],
    ["team=red", []],
    ["search=example&status=active&role=member&seat=with&entrance=admin", ["cid@example.org"]],
    ["search=example&status=suspended&seat=with", []],
  ];
  for (const [query, found] of filters) {
    it(`finds ${JSON.stringify(found)} by ${query}`, async () => {
      const { call } = await crowd();
      const { body } = await call("GET", `/members?${query}`);
      const page = body as { items: Record<string, unknown>[]; total: number };
      assert.deepEqual(
        page.items.map(({ email }) => email),
        found,
      );
      assert.equal(page.total, found.length);
    });
  }

  it("finds those who wait among those without a seat, and the roles that are in force", async () => {
    const { call, push } = await place({ seatLimit: 1 });
    await push("ana@example.com");
    await push("bea@example.com");
    for (const query of ["seat=waiting", "seat=without", "role=viewer"]) {
      assert.deepEqual(await emails(call, query), ["bea@example.com"]);
    }
    assert.deepEqual(await emails(call, "role=member"), ["ana@example.com"]);
  });

  describe("sorted", () => {
    const orders: readonly (readonly [sort: string, found: readonly unknown[]])[] = [
      ["name", ["ana@example.com", "bea@example.com", "cid@example.org", "dan@example.org", null]],
      ["-name", [null, "dan@example.org", "cid@example.org", "bea@example.com", "ana@example.com"]],
      ["email", ["ana@example.com", "bea@example.com", "cid@example.org", "dan@example.org", null]],
      ["-email", ["dan@example.org", "cid@example.org", "bea@example.com", "ana@example.com", null]],
      ["-createdAt", [null, "dan@example.org", "cid@example.org", "bea@example.com", "ana@example.com"]],
      ["lastSignInAt", ["bea@example.com", "ana@example.com", "cid@example.org", "dan@example.org", null]],
      ["-lastSignInAt", ["ana@example.com", "bea@example.com", null, "dan@example.org", "cid@example.org"]],
    ];
    for (const [sort, found] of orders) {
      it(`by ${sort}, in pages of any size, who lacks it last`, async () => {
        const { call, db, tenantId } = await crowd();
        const signedIn = { text: SIGNED_IN, values: [tenantId] };
        await inTenant(db, { tenantId, actor: { type: "system" }, now: new Date() }, ({ trx }) => trx.run(signedIn));
        for (const limit of [1, 2, 3, 5, 200]) assert.deepEqual(await walk(call, `sort=${sort}`, limit), found);
      });
    }

    it("the same through any walk as in one page, whatever people are called", async () => {
      const name = fc.oneof(fc.constantFrom("ana", "Ana", "ÁNA", "ab", "a b", "zz"), fc.string({ maxLength: 3 }));
      const person = fc.record({
        name,
        email: fc.option(fc.constantFrom("a@x.example", "b@x.example", "c@x.example")),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(person, { maxLength: 8 }), fc.integer({ min: 1, max: 4 }), async (people, limit) => {
          const { call, db, tenantId } = await place();
          for (const each of people) await createMember(db, ...newcomer(tenantId, each));
          for (const sort of ["name", "-name", "email", "-email", "-lastSignInAt", "createdAt"]) {
            const whole = items(await call("GET", `/members?limit=200&sort=${sort}`)).map(({ id }) => id);
            assert.equal(new Set(whole).size, people.length);
            assert.deepEqual(await walk(call, `sort=${sort}`, limit, "id"), whole);
          }
        }),
        { numRuns: 10 },
      );
    });
  });

  it("carries the total of the first page along, and misses or repeats nobody who stays", async () => {
    const { call, add } = await crowd();
    const first = (await call("GET", "/members?sort=name&limit=2")).body as ListBody;
    await add("aaa@example.com", { name: { givenName: "Aaa" } });
    await call("DELETE", `/members/${String(first.items[1]?.["id"])}`);
    const rest = (await call("GET", `/members?sort=name&cursor=${first.nextCursor}`)).body as ListBody;
    assert.deepEqual([first.total, rest.total], [5, 5]);
    assert.deepEqual(
      rest.items.map(({ email }) => email),
      ["cid@example.org", "dan@example.org", null],
    );
  });

  describe("refuses", () => {
    const cases: readonly (readonly [what: string, query: string, path: string])[] = [
      ["an unknown parameter", "colour=red", "/colour"],
      ["a parameter twice", "status=active&status=invited", "/status"],
      ["an unknown status", "status=gone", "/status"],
      ["an unknown entrance", "entrance=window", "/entrance"],
      ["an unknown kind of seat", "seat=held", "/seat"],
      ["an unknown order", "sort=password", "/sort"],
      ["two orders", "sort=name,email", "/sort"],
      ["an empty search", "search=", "/search"],
      ["a search of U+0000", "search=%00", "/search"],
      ["a page of nobody", "limit=0", "/limit"],
      ["a page above 200", "limit=201", "/limit"],
      ["a page that is no number", "limit=ten", "/limit"],
      ["a cursor of nonsense", "cursor=nonsense", "/cursor"],
      ["a cursor of null", `cursor=${cursor(null)}`, "/cursor"],
      ["a cursor of another order", `sort=name&cursor=${cursor(somewhere({ sort: "email" }))}`, "/cursor"],
      ["a cursor with an id that is none", `cursor=${cursor(somewhere({ id: "x' or true" }))}`, "/cursor"],
      ["a cursor with a total that is none", `cursor=${cursor(somewhere({ total: -1 }))}`, "/cursor"],
      ["a cursor with a key that is none", `cursor=${cursor(somewhere({ key: "then" }))}`, "/cursor"],
      ["a cursor without a name", `sort=name&cursor=${cursor(somewhere({ sort: "name", key: null }))}`, "/cursor"],
      ["a cursor of U+0000", `sort=name&cursor=${cursor(somewhere({ sort: "name", key: "\0" }))}`, "/cursor"],
      [
        "a cursor of no time",
        `sort=lastSignInAt&cursor=${cursor(somewhere({ sort: "lastSignInAt", key: "2026-13-01T" }))}`,
        "/cursor",
      ],
    ];
    for (const [what, query, path] of cases) {
      it(what, async () => {
        const { call } = await place();
        const { errors } = refused(await call("GET", `/members?${query}`), 400, "invalid_request");
        assert.equal((errors as { path: string }[])[0]?.path, path);
      });
    }

    it("a key without members:view", async () => {
      const { as } = await place();
      refused(await (await as("members:edit", "members:export"))("GET", "/members"), 403, "forbidden");
    });
  });
});

describe("GET /members.csv", () => {
  it("holds id, email, names, isAdmin and hasSeat of everybody, with a header", async () => {
    const { call, slug } = await crowd();
    const { status, text, headers } = await call("GET", "/members.csv");
    assert.equal(status, 200);
    assert.match(headers["content-type"] ?? "", /^text\/csv; charset=utf-8/);
    assert.equal(headers["content-disposition"], `attachment; filename="members-${slug}.csv"`);
    const [header, ...lines] = text.trimEnd().split("\r\n");
    assert.equal(header, "id,email,firstName,lastName,isAdmin,hasSeat");
    assert.deepEqual(
      lines.map((line) => line.replace(/^[0-9a-f-]{36},/, "")),
      [
        "ana@example.com,Ana,Berg,yes,yes",
        "bea@example.com,bea,Çelik,no,no",
        "cid@example.org,Cid,100%_\\,no,yes",
        "dan@example.org,Dan,,no,no",
        ",Eve,Øst,no,yes",
      ],
    );
  });

  it("takes the filters and orders of the list", async () => {
    const { call } = await crowd();
    const { text } = await call("GET", "/members.csv?search=example&seat=with&sort=-name");
    assert.deepEqual(
      [...text.matchAll(/[a-z]+@[a-z.]+/g)].map(([email]) => email),
      ["cid@example.org", "ana@example.com"],
    );
  });

  for (const name of ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"]) {
    it(`holds ${JSON.stringify(name)} as text that no spreadsheet computes`, async () => {
      const { call, push } = await place();
      await push("eve", { name: { givenName: name, familyName: 'a "b", c' } });
      const [, line = ""] = (await call("GET", "/members.csv")).text.split("\r\n");
      const cell = /^[^,]+,[^,]*,"?'/;
      assert.match(line, cell);
      assert.ok(line.includes(name) && line.includes('"a ""b"", c"'));
    });
  }

  it("is read in pages, each member once", async () => {
    const { call, db, tenantId } = await place();
    await seed(db, tenantId, 1_203);
    const { text } = await call("GET", "/members.csv?sort=-email");
    const lines = text.trimEnd().split("\r\n").slice(1);
    assert.equal(new Set(lines).size, 1_203);
    assert.equal(lines.length, 1_203);
    const sorted = lines.map((line) => line.split(",")[1] ?? "");
    assert.deepEqual(sorted, sorted.toSorted().toReversed());
  });

  it("is a header alone where there is nobody", async () => {
    const { call } = await place();
    assert.equal((await call("GET", "/members.csv")).text, "id,email,firstName,lastName,isAdmin,hasSeat\r\n");
  });

  it("is refused by problem document: wrong filters, pages, and keys without members:export", async () => {
    const { call, as } = await place();
    refused(await call("GET", "/members.csv?status=gone"), 400, "invalid_request");
    refused(await call("GET", "/members.csv?limit=5"), 400, "invalid_request");
    refused(await (await as("members:view"))("GET", "/members.csv"), 403, "forbidden");
  });
});

describe("a page of members under row-level security", () => {
  it("is found by the index of its order, with filter and cursor, among 5,000 members", async () => {
    const { db, tenantId } = await place();
    await seed(db, tenantId, 5_000);
    const operator = { actor: { type: "operator" }, now: new Date() } as const;
    await acrossTenants(db, operator, ({ trx }) => trx.run({ text: "analyze members", values: [] }));
    const indexes = { name: "members_name", email: "members_email", createdAt: "members_pkey" } as const;
    for (const [key, index] of Object.entries(indexes)) {
      for (const descending of [false, true]) {
        const order = { key: key as keyof typeof indexes, descending };
        const after = { key: key === "createdAt" ? newId(new Date()) : "person 2500", id: newId(new Date()) };
        const page = membersWithKey(tenantId, { status: "active" }, order, after, 51);
        const explain = { text: `explain (format json) ${page.text}`, values: page.values };
        const [row] = await inTenant(db, { ...operator, tenantId }, ({ trx }) => trx.run(explain));
        const nodes = nodesOf((row as { "QUERY PLAN": [{ Plan: PlanNode }] })["QUERY PLAN"][0].Plan);
        const scan = nodes.find((node) => node["Relation Name"] === "members");
        assert.equal(scan?.["Index Name"], index, JSON.stringify(scan));
        assert.match(scan["Index Cond"] ?? "", /tenant_id = .*ROW\(/);
        assert.ok(nodes.every((node) => node["Node Type"] !== "Sort"));
      }
    }
  });
});

const SIGNED_IN = `update members set last_sign_in_at = case email
    when 'ana@example.com' then '2026-02-01T00:00:00Z'::timestamptz else '2026-01-01T00:00:00Z'::timestamptz end
  where tenant_id = $1 and email in ('ana@example.com', 'bea@example.com')`;

interface PlanNode {
  readonly "Node Type": string;
  readonly "Parent Relationship"?: string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Index Cond"?: string;
  readonly Plans?: readonly PlanNode[];
}

/** The nodes that make the page; what is read for each of its rows is no part of it. */
function nodesOf(node: PlanNode): PlanNode[] {
  const parts = (node.Plans ?? []).filter((part) => part["Parent Relationship"] !== "SubPlan");
  return [node, ...parts.flatMap(nodesOf)];
}

interface ListBody {
  readonly items: Record<string, unknown>[];
  readonly total: number;
  readonly nextCursor: string | null;
}

/** One field of everybody, page after page. */
async function walk(call: Call, query: string, limit: number, field = "email"): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (let next: string | null = ""; next !== null;) {
    const { body } = await call("GET", `/members?${query}&limit=${limit}${next === "" ? "" : `&cursor=${next}`}`);
    const page = body as ListBody;
    assert.ok(page.items.length <= limit);
    seen.push(...page.items.map((item) => item[field]));
    next = page.nextCursor;
  }
  return seen;
}

function cursor(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function somewhere(some: object): object {
  const id = "01890000-0000-7000-8000-000000000000";
  return { sort: "createdAt", key: id, id, total: 1, ...some };
}

/** What `createMember` takes for someone whom a directory pushed: names and addresses as they come. */
function newcomer(
  tenantId: string,
  { name, email }: { name: string; email: string | null },
): [Parameters<typeof createMember>[1], Member, Parameters<typeof createMember>[3]] {
  const now = new Date();
  const id = newId(now);
  const scim = { userName: id, displayName: name, ...(email === null ? {} : { emails: [{ value: email }] }) };
  const who = { tenantId, actor: { type: "system" }, now } as const;
  return [who, newMember(id, profileOf(scim), "scim", now), { door: "scim", act: "person", loss: "directory" }];
}

/** Many members at once, by their owner's hand. */
async function seed(db: Place["db"], tenantId: string, count: number): Promise<void> {
  const text = `insert into members (tenant_id,id,user_name_key,email,email_key,name_key,scim,entrance,joined_at,granted,entitled,
      roles,administers,seat,needs_seat,reasons,created_at,updated_at)
    select $1, uuid_v7(now()), n::text, n || '@example.com', n || '@example.com', 'person ' || n, '{}', 'scim', now(), '{}',
      '{viewer}', '{viewer}', false, 'none', false, '[]', now(), now() from generate_series(10000, 9999 + $2::int) n`;
  const operator = { actor: { type: "operator" }, now: new Date() } as const;
  await acrossTenants(db, operator, ({ trx }) => trx.run({ text, values: [tenantId, count] }));
}
