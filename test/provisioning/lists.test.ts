/** Lists, paging and filters of `/Users` (RFC 7644 §3.4.2). */
import assert from "node:assert/strict";
import { ENTERPRISE, type ScimClient, scimClient, textOf, user } from "../support/scim.ts";

async function people(client: ScimClient, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < count; from += 20) {
    const names = Array.from({ length: Math.min(20, count - from) }, (_, index) => `u${from + index}@example.com`);
    ids.push(...(await Promise.all(names.map((name) => client.create(user(name))))));
  }
  return ids;
}

async function idsOf(client: ScimClient, filter: string): Promise<string[]> {
  const { status, body } = await client.find(filter);
  assert.equal(status, 200, textOf(body["detail"]));
  return (body["Resources"] as { id: string }[]).map(({ id }) => id);
}

describe("paging by index (RFC 7644 §3.4.2.4)", () => {
  it("rows 27 and 28: 1,000 users are walked in pages of 100, none lost and none twice", async () => {
    const client = await scimClient();
    const ids = await people(client, 1000);
    const seen: string[] = [];
    for (let startIndex = 1; ;) {
      const { body } = await client.get(`/Users?startIndex=${startIndex}&count=100`);
      assert.deepEqual([body["totalResults"], body["startIndex"]], [1000, startIndex]);
      const page = body["Resources"] as { id: string }[];
      seen.push(...page.map(({ id }) => id));
      startIndex += page.length;
      if (startIndex > 1000 || page.length === 0) break;
    }
    assert.deepEqual(seen.toSorted(), ids.toSorted());
    const again = await client.get("/Users?startIndex=401&count=100");
    assert.deepEqual(
      (again.body["Resources"] as { id: string }[]).map(({ id }) => id),
      seen.slice(400, 500),
    );
    const whole = await client.get("/Users?count=100000");
    assert.deepEqual([whole.body["itemsPerPage"], whole.body["totalResults"]], [1000, 1000]);
  });

  it("a change of a user moves nobody to another page", async () => {
    const client = await scimClient();
    const ids = await people(client, 6);
    const pages = () =>
      Promise.all(
        [1, 3, 5].map(async (startIndex) => {
          const { body } = await client.get(`/Users?startIndex=${startIndex}&count=2`);
          return (body["Resources"] as { id: string }[]).map(({ id }) => id);
        }),
      );
    const before = await pages();
    for (const [index, id] of ids.entries()) {
      await client.operate(id, { op: "replace", value: { userName: `${9 - index}@example.com`, active: index > 2 } });
    }
    assert.deepEqual(await pages(), before);
    assert.deepEqual(before.flat().toSorted(), ids.toSorted());
  });

  const edges: Record<string, [startIndex: number, itemsPerPage: number]> = {
    "": [1, 5],
    "startIndex=-7": [1, 5],
    "startIndex=0&count=2": [1, 2],
    "startIndex=5": [5, 1],
    "startIndex=6": [6, 0],
    "startIndex=99999999999999999999": [Number.MAX_SAFE_INTEGER, 0],
    "count=0": [1, 0],
    "count=-3": [1, 0],
    "count=": [1, 5],
    "startIndex=2&count=3": [2, 3],
    "count=2147483648": [1, 5],
  };
  for (const [query, [startIndex, itemsPerPage]] of Object.entries(edges)) {
    it(`"${query}" answers ${itemsPerPage} of 5 from ${startIndex}`, async () => {
      const client = await scimClient();
      await people(client, 5);
      for (const path of [`/Users?${query}`, `/Users?${query}&filter=active%20eq%20true`]) {
        const { status, body } = await client.get(path);
        assert.equal(status, 200, textOf(body["detail"]));
        assert.deepEqual(
          [body["totalResults"], body["startIndex"], body["itemsPerPage"]],
          [5, startIndex, itemsPerPage],
        );
      }
    });
  }

  for (const query of [
    "count=ten",
    "count=1.5",
    "startIndex=1e3",
    "startIndex=0x10",
    "count=1&count=2",
    "count=%201",
  ]) {
    it(`"${query}" is 400 invalidValue`, async () => {
      const client = await scimClient();
      const { status, body } = await client.get(`/Users?${query}`);
      assert.deepEqual([status, body["scimType"]], [400, "invalidValue"]);
    });
  }

  it("the page is 100 where no count is given", async () => {
    const client = await scimClient();
    await people(client, 101);
    const { body } = await client.get("/Users");
    assert.deepEqual([body["itemsPerPage"], body["totalResults"]], [100, 101]);
  });

  it("no user is 200 with an empty list, never 404", async () => {
    const client = await scimClient();
    const { status, body } = await client.get("/Users");
    assert.deepEqual([status, body["totalResults"], body["Resources"]], [200, 0, []]);
  });

  it("another tenant's users are not in it", async () => {
    const [one, two] = [await scimClient(), await scimClient()];
    await people(one, 3);
    assert.equal((await two.get("/Users")).body["totalResults"], 0);
    assert.equal((await two.find("userName pr")).body["totalResults"], 0);
  });
});

describe("filters (RFC 7644 §3.4.2.2)", () => {
  const three = async () => {
    const client = await scimClient();
    const boss = await client.create(user("boss@example.com", { active: false, title: "Chief" }));
    const more = { [ENTERPRISE]: { department: "HR", manager: { value: boss } }, externalId: "E1" };
    const emails = [
      { value: "Ana@example.com", type: "work", primary: true },
      { value: "ana@example.org", type: "home" },
    ];
    const ana = await client.create(user("ana@example.com", { name: { familyName: "Ruiz" }, emails, ...more }));
    const eve = await client.create(user("eve@example.com", { emails: [{ value: "ana@example.com", type: "home" }] }));
    const who: Record<string, string> = { [boss]: "boss", [ana]: "ana", [eve]: "eve" };
    const found = async (filter: string) => (await idsOf(client, filter)).map((id) => who[id] ?? id).sort();
    return { client, boss, ana, found };
  };

  const cases: Record<string, string[]> = {
    'userName eq "ANA@example.com"': ["ana"],
    'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ana@example.com"': ["ana"],
    "userName pr": ["ana", "boss", "eve"],
    "title pr": ["boss"],
    "emails pr": ["ana", "eve"],
    [`${ENTERPRISE}:department pr`]: ["ana"],
    [`${ENTERPRISE}:department eq "hr"`]: ["ana"],
    [`${ENTERPRISE}:Department eq "HR" and active eq true`]: ["ana"],
    "active eq false": ["boss"],
    'active eq "False"': ["boss"],
    'externalId eq "E1" and userName eq "ana@example.com"': ["ana"],
    'externalId eq "E1" and userName eq "eve@example.com"': [],
    'name.familyName eq "ruiz"': ["ana"],
    'emails.value eq "ana@example.com"': ["ana", "eve"],
    'emails eq "ana@example.com"': ["ana", "eve"],
    'emails[type eq "work" and value eq "ana@example.com"]': ["ana"],
    'emails[type eq "home" and value eq "ana@example.com"]': ["eve"],
    'emails[type eq "work"].value eq "ana@example.com"': ["ana"],
    'meta.resourceType eq "User"': ["ana", "boss", "eve"],
    'meta.created gt "2020-01-01T00:00:00Z" and title pr': ["boss"],
    'meta.created gt "2999-01-01T00:00:00Z"': [],
    'userName eq "ana@example.com" or title eq "chief"': ["ana", "boss"],
    'not (title pr) and (externalId pr or userName sw "eve")': ["ana", "eve"],
    'id eq "nobody"': [],
    'externalId eq "e1"': [],
    "nickName eq null": ["ana", "boss", "eve"],
  };
  it("find whom they mean", async () => {
    const { found } = await three();
    for (const [filter, names] of Object.entries(cases)) assert.deepEqual(await found(filter), names, filter);
  });

  it("find by id and by manager, as Entra ID checks references", async () => {
    const { boss, ana, found } = await three();
    assert.deepEqual(await found(`id eq "${ana}"`), ["ana"]);
    assert.deepEqual(await found(`id eq "${ana}" and manager eq "${boss}"`), ["ana"]);
    assert.deepEqual(await found(`${ENTERPRISE}:manager.value eq "${boss}"`), ["ana"]);
    assert.deepEqual(await found(`id eq "${boss}" and manager eq "${ana}"`), []);
  });

  const refused: Record<string, string> = {
    "active gt true": "invalidFilter",
    'active co "t"': "invalidFilter",
    "userName eq 7": "invalidFilter",
    'userName eq "a': "invalidFilter",
    "userName eq 'a'": "invalidFilter",
    'userName eq "\\x"': "invalidFilter",
    'userName eq "a" and': "invalidFilter",
    'userName eq "a" xor title pr': "invalidFilter",
    'emails[type eq "work"': "invalidFilter",
    "emails[]": "invalidFilter",
    'name eq "Ruiz"': "invalidFilter",
    'urn:example:none:attr eq "x"': "invalidFilter",
    'meta.created gt "yesterday"': "invalidFilter",
    "()": "invalidFilter",
    'password eq "x"': "sensitive",
    "password pr": "sensitive",
  };
  it("are refused with what is wrong with them", async () => {
    const { client } = await three();
    for (const [filter, scimType] of Object.entries(refused)) {
      const { status, body } = await client.find(filter);
      assert.deepEqual([status, body["scimType"]], [scimType === "sensitive" ? 403 : 400, scimType], filter);
    }
  });

  it("given twice are refused", async () => {
    const client = await scimClient();
    const { status, body } = await client.get("/Users?filter=userName%20pr&filter=title%20pr");
    assert.deepEqual([status, body["scimType"]], [400, "invalidFilter"]);
  });

  it("as deep or long as an attacker likes cost a refusal and no more", async () => {
    const client = await scimClient();
    for (const filter of [
      `${"(".repeat(3000)}userName pr${")".repeat(3000)}`,
      "not (".repeat(1500),
      "userName pr and ".repeat(700),
    ]) {
      assert.ok([400, 413, 414, 431].includes((await client.find(filter)).status));
    }
  });

  it("break-glass members are found by none (rule 19)", async () => {
    const client = await scimClient();
    assert.deepEqual(await idsOf(client, "userName pr or not (userName pr)"), []);
  });
});
