import assert from "node:assert/strict";
import { verify } from "@node-rs/argon2";
import { onceInTenant } from "../../src/storage/scope.ts";
import { items, place, refused, statuses, type Place } from "./place.ts";

const NOBODY = "01890000-0000-7000-8000-000000000000";
const PASSWORD = "correct horse battery";

async function passwordHash({ db, tenantId }: Place, id: unknown): Promise<string | null> {
  const text = 'select password_hash as "hash" from members where tenant_id = $1 and id = $2';
  const [rows] = await onceInTenant(db, { tenantId }, { text, values: [tenantId, id] });
  return (rows[0] as { hash: string | null }).hash;
}

describe("POST /members", () => {
  it("adds a member who has joined by the entrance admin, with the role of newcomers and a seat", async () => {
    const { call } = await place();
    const { status, body } = await call("POST", "/members", {
      email: "Ana.Berg@Example.COM",
      name: { givenName: "Ana", familyName: "Berg" },
      jobTitle: "Engineer",
    });
    assert.equal(status, 201);
    const { id, createdAt, ...rest } = body;
    assert.match(String(id), /^[0-9a-f-]{36}$/);
    assert.ok(Date.parse(String(createdAt)) > 0);
    assert.deepEqual(rest, {
      email: "Ana.Berg@example.com",
      emailVerified: false,
      name: { givenName: "Ana", familyName: "Berg" },
      displayName: "Ana Berg",
      jobTitle: "Engineer",
      avatarUrl: null,
      status: "active",
      hold: false,
      breakGlass: false,
      directory: null,
      roles: ["member"],
      entitledRoles: ["member"],
      permissions: ["contact:view"],
      teams: [],
      seat: "held",
      entrance: "admin",
      lastSignInAt: null,
      preferences: { locale: null, theme: "system", signature: null, notifications: {} },
    });
  });

  it("is the same member for GET", async () => {
    const { call, add } = await place();
    const added = await add("ana@example.com");
    const { status, body } = await call("GET", `/members/${String(added["id"])}`);
    assert.deepEqual([status, body], [200, added]);
  });

  it("derives the SCIM attributes, userName being the e-mail address", async () => {
    const here = await place();
    const { id } = await here.add("ana@bücher.example", { jobTitle: "Engineer" });
    const text = 'select scim, user_name_key as "key" from members where tenant_id = $1 and id = $2';
    const [rows] = await onceInTenant(here.db, here, { text, values: [here.tenantId, id] });
    assert.deepEqual(rows[0], {
      key: "ana@xn--bcher-kva.example",
      scim: {
        userName: "ana@xn--bcher-kva.example",
        name: { givenName: "Ana", familyName: "Berg" },
        displayName: "Ana Berg",
        emails: [{ value: "ana@xn--bcher-kva.example", type: "work", primary: true }],
        title: "Engineer",
      },
    });
  });

  it("takes a person of one name", async () => {
    const { add } = await place();
    const { name, displayName } = await add("cher@example.com", { name: { givenName: "Cher" } });
    assert.deepEqual([name, displayName], [{ givenName: "Cher", familyName: null }, "Cher"]);
  });

  it("gives the roles that are named", async () => {
    const { add } = await place();
    const { roles, permissions, seat } = await add("ana@example.com", { roles: ["viewer", "admin"] });
    assert.deepEqual([roles, permissions, seat], [["viewer", "admin"], ["contact:view", "*"], "held"]);
  });

  it("keeps a password as argon2id and tells nobody", async () => {
    const here = await place();
    const added = await here.add("ana@example.com", { password: PASSWORD });
    const hash = await passwordHash(here, added["id"]);
    assert.ok(hash !== null && (await verify(hash, PASSWORD)));
    const { text } = await here.call("GET", "/events");
    assert.doesNotMatch(JSON.stringify(added) + text, /correct horse|argon2/);
  });

  it("mails who was added where to sign in, and nobody who was refused", async () => {
    const { add, call, db, tenantId } = await place();
    const { id } = await add("ana@example.com", { sendEmail: true });
    const again = { email: "ANA@example.com", name: { givenName: "Ana" }, sendEmail: true };
    refused(await call("POST", "/members", again), 409, "email_exists");
    const text = "select payload from jobs where tenant_id = $1 and kind = 'mail.welcome'";
    assert.deepEqual((await db.pool.query(text, [tenantId])).rows, [{ payload: { memberId: id } }]);
  });

  it("tells it once in the journal, without names and addresses", async () => {
    const { call, add } = await place();
    const { id } = await add("ana@example.com");
    const told = await call("GET", `/events?target=${String(id)}`);
    const [event, ...others] = items(told);
    assert.deepEqual(
      [event?.["type"], event?.["actor"], others],
      ["member.created", { type: "operator", id: null }, []],
    );
    assert.doesNotMatch(told.text, /ana|berg/i);
  });

  describe("refuses, and changes nothing:", () => {
    const whole = { email: "ana@example.com", name: { givenName: "Ana", familyName: "Berg" } };
    const cases: readonly (readonly [what: string, body: unknown, path: string | undefined])[] = [
      ["no e-mail address", { name: whole.name }, "/email"],
      ["no name", { email: whole.email }, "/name"],
      ["an empty name", { ...whole, name: {} }, "/name"],
      ["a name of nothing but spaces", { ...whole, name: { givenName: "  " } }, "/name/givenName"],
      ["a name with a line break", { ...whole, name: { givenName: "A\nB" } }, "/name/givenName"],
      ["a name that is a string", { ...whole, name: "Ana Berg" }, "/name"],
      ["an unknown part of a name", { ...whole, name: { ...whole.name, title: "Dr" } }, "/name/title"],
      ["an address without @", { ...whole, email: "ana" }, "/email"],
      ["an address that smuggles a header", { ...whole, email: "ana@example.com\r\nBcc: x@y.example" }, "/email"],
      ["an address of the wrong type", { ...whole, email: 5 }, "/email"],
      ["an unknown role", { ...whole, roles: ["member", "owner"] }, "/roles/1"],
      ["no roles at all", { ...whole, roles: [] }, "/roles"],
      ["a role twice", { ...whole, roles: ["member", "member"] }, "/roles"],
      ["roles that are no list", { ...whole, roles: "member" }, "/roles"],
      ["a short password", { ...whole, password: "short" }, "/password"],
      ["a password of the wrong type", { ...whole, password: 123456789012 }, "/password"],
      ["a field that no one may write", { ...whole, status: "active" }, "/status"],
      ["a seat", { ...whole, seat: "held" }, "/seat"],
      ["an id", { ...whole, id: NOBODY }, "/id"],
      ["U+0000", { ...whole, jobTitle: "a\u0000b" }, "/jobTitle"],
      ["half of a surrogate pair", { ...whole, jobTitle: "\ud800" }, "/jobTitle"],
      ["a list", [whole], ""],
    ];
    for (const [what, body, path] of cases) {
      it(what, async () => {
        const { call } = await place();
        const { errors } = refused(await call("POST", "/members", body), 400, "invalid_request");
        assert.equal((errors as { path: string }[])[0]?.path, path);
        assert.deepEqual(items(await call("GET", "/members")), []);
      });
    }

    it("a password below the tenant's own length, and takes one that has it", async () => {
      const { call } = await place({ settings: { signIn: { passwordMinLength: 20 } } });
      const answered = await call("POST", "/members", { ...whole, password: "nineteen characters" });
      assert.match(String(refused(answered, 400, "invalid_request")["detail"]), /19 characters; use at least 20/);
      assert.equal((await call("POST", "/members", { ...whole, password: "twenty characters ok" })).status, 201);
    });

    for (const [what, email] of [
      ["the address of a member", "ana@example.com"],
      ["it in capitals", "ANA@EXAMPLE.COM"],
      ["it with spaces around", " ana@example.com "],
    ] as const) {
      it(what, async () => {
        const { call, add } = await place();
        await add("ana@example.com");
        refused(await call("POST", "/members", { ...whole, email }), 409, "email_exists");
        assert.equal(items(await call("GET", "/members")).length, 1);
      });
    }

    it("the address that a directory's member has as userName, or as e-mail alone", async () => {
      const { call, push } = await place();
      await push("eve@example.com", { emails: [{ value: "other@example.com" }] });
      refused(await call("POST", "/members", { ...whole, email: "Eve@example.com" }), 409, "email_exists");
      refused(await call("POST", "/members", { ...whole, email: "other@example.com" }), 409, "email_exists");
    });

    it("a caller without members:create", async () => {
      const { as } = await place();
      const call = await as("members:view", "members:edit");
      refused(await call("POST", "/members", whole), 403, "forbidden");
    });
  });

  it("gives one address to one of two who ask for it at the same time", async () => {
    const { call } = await place();
    const body = { email: "ana@example.com", name: { givenName: "Ana" } };
    const both = await Promise.all([call("POST", "/members", body), call("POST", "/members", body)]);
    assert.deepEqual(statuses(both), [201, 409]);
  });

  it("takes an address that another tenant has", async () => {
    const [one, other] = [await place(), await place()];
    await one.add("ana@example.com");
    await other.add("ana@example.com");
  });
});

describe("GET, PATCH and DELETE /members/{id}", () => {
  it("answer 404 for an id that is unknown, malformed or another tenant's", async () => {
    const [here, there] = [await place(), await place()];
    const { id: foreign } = await there.add("ana@example.com");
    for (const id of [NOBODY, "5", "ana@example.com", "%00", String(foreign), String(foreign).toUpperCase()]) {
      refused(await here.call("GET", `/members/${id}`), 404, "not_found");
      refused(await here.call("GET", `/members/${id}/explanation`), 404, "not_found");
      refused(await here.call("PATCH", `/members/${id}`, { hold: true }), 404, "not_found");
      refused(await here.call("DELETE", `/members/${id}`), 404, "not_found");
    }
    assert.equal((await there.call("GET", `/members/${String(foreign)}`)).body["hold"], false);
  });

  it("answer 403 to a key without the permission", async () => {
    const { as, add } = await place();
    const at = `/members/${String((await add("ana@example.com"))["id"])}`;
    refused(await (await as("members:edit"))("GET", at), 403, "forbidden");
    refused(await (await as("members:view"))("PATCH", at, { hold: true }), 403, "forbidden");
    refused(await (await as("members:edit"))("DELETE", at), 403, "forbidden");
    refused(await (await as("members:edit"))("GET", `${at}/explanation`), 403, "forbidden");
    assert.equal((await (await as("members:manage"))("GET", at)).status, 200);
  });
});

describe("PATCH /members/{id}", () => {
  async function withAna(options?: Parameters<typeof place>[0]): Promise<Place & { id: string; at: string }> {
    const here = await place(options);
    await here.add("boss@example.com", { roles: ["admin"] });
    const id = String((await here.add("ana@example.com", { jobTitle: "Engineer" }))["id"]);
    return { ...here, id, at: `/members/${id}` };
  }

  it("changes what is named and leaves the rest", async () => {
    const { call, at } = await withAna();
    const { status, body } = await call("PATCH", at, {
      name: { familyName: "Bergström" },
      avatarUrl: "https://img.example.com/a.png",
    });
    assert.equal(status, 200);
    assert.deepEqual(body["name"], { givenName: "Ana", familyName: "Bergström" });
    assert.deepEqual(
      [body["displayName"], body["jobTitle"], body["avatarUrl"], body["email"]],
      ["Ana Bergström", "Engineer", "https://img.example.com/a.png", "ana@example.com"],
    );
    assert.deepEqual((await call("GET", at)).body, body);
  });

  it("takes a value away by null", async () => {
    const { call, at } = await withAna();
    await call("PATCH", at, { avatarUrl: "https://img.example.com/a.png" });
    const { body } = await call("PATCH", at, { jobTitle: null, avatarUrl: null });
    assert.deepEqual([body["jobTitle"], body["avatarUrl"]], [null, null]);
  });

  it("records what changed by name, and nothing where nothing did", async () => {
    const { call, at, id } = await withAna();
    await call("PATCH", at, { jobTitle: "Lead", hold: true });
    await call("PATCH", at, { jobTitle: "Lead", hold: true, name: { givenName: "Ana" }, email: "ana@example.com" });
    await call("PATCH", at, {});
    const told = items(await call("GET", `/events?target=${id}`)).filter(({ type }) => type !== "member.offboarding");
    const [last, ...before] = told;
    assert.equal(before.length, 1);
    assert.deepEqual(
      [last?.["type"], last?.["data"]],
      [
        "member.suspended",
        {
          attributes: ["title"],
          status: ["active", "suspended"],
          seat: ["held", "none"],
          hold: [false, true],
          rolesBefore: ["member"],
        },
      ],
    );
  });

  it("moves the address: userName follows, and it is proven no more", async () => {
    const { call, at, push, add } = await withAna();
    const { body } = await call("PATCH", at, { email: "Ana@Example.org" });
    assert.equal(body["email"], "Ana@example.org");
    await add("ana@example.com");
    await assert.rejects(push("ANA@example.org"), { code: "user_name_exists" });
  });

  it("keeps a userName that was not the address", async () => {
    const { call, db, tenantId, push } = await withAna();
    const { id } = await push("eve", { emails: [{ value: "eve@example.com", type: "home" }] });
    await onceInTenant(
      db,
      { tenantId },
      {
        text: "update members set directory_id = null where tenant_id = $1 and id = $2",
        values: [tenantId, id],
      },
    );
    const { body } = await call("PATCH", `/members/${id}`, { email: "eve@example.org" });
    assert.equal(body["email"], "eve@example.org");
    await assert.rejects(push("EVE"), { code: "user_name_exists" });
  });

  it("sets a password", async () => {
    const here = await withAna();
    await here.call("PATCH", here.at, { password: PASSWORD });
    const hash = await passwordHash(here, here.id);
    assert.ok(hash !== null && (await verify(hash, PASSWORD)));
    await here.call("PATCH", here.at, { jobTitle: "Lead" });
    assert.equal(await passwordHash(here, here.id), hash);
  });

  it("sets roles as a whole list", async () => {
    const { call, at } = await withAna();
    assert.deepEqual((await call("PATCH", at, { roles: ["viewer", "admin"] })).body["roles"], ["viewer", "admin"]);
    const { body } = await call("PATCH", at, { roles: ["viewer"] });
    assert.deepEqual([body["roles"], body["entitledRoles"], body["seat"]], [["viewer"], ["viewer"], "none"]);
  });

  describe("refuses, and changes nothing:", () => {
    const cases: readonly (readonly [what: string, body: unknown, status: number, code: string])[] = [
      ["an unknown field", { status: "suspended" }, 400, "invalid_request"],
      ["a name that is null", { name: null }, 400, "invalid_request"],
      ["an address that is null", { email: null }, 400, "invalid_request"],
      ["an address that is none", { email: "ana@" }, 400, "invalid_request"],
      ["no roles", { roles: [] }, 400, "invalid_request"],
      ["an unknown role", { roles: ["owner"] }, 400, "invalid_request"],
      ["hold of the wrong type", { hold: "yes" }, 400, "invalid_request"],
      ["a short password", { password: "short" }, 400, "invalid_request"],
      ["an avatar that is no https URL", { avatarUrl: "javascript:alert(1)" }, 400, "invalid_request"],
      ["another member's address", { email: "Boss@example.com" }, 409, "email_exists"],
      ["a good change beside a bad one", { jobTitle: "Lead", email: "boss@example.com" }, 409, "email_exists"],
    ];
    for (const [what, body, status, code] of cases) {
      it(what, async () => {
        const { call, at } = await withAna();
        const { body: before } = await call("GET", at);
        refused(await call("PATCH", at, body), status, code);
        assert.deepEqual((await call("GET", at)).body, before);
      });
    }

    it("addresses where members.emailEditable is off", async () => {
      const { call, at } = await withAna({ settings: { members: { emailEditable: false } } });
      refused(await call("PATCH", at, { email: "ana@example.org" }), 403, "forbidden");
      assert.equal((await call("PATCH", at, { email: "ana@example.com" })).status, 200);
    });

    it("the password and address of a member who may more than the caller", async () => {
      const { as, call } = await withAna();
      const [boss] = items(await call("GET", "/members?role=admin"));
      const support = await as("members:view", "members:edit", "contact:view");
      const at = `/members/${String(boss?.["id"])}`;
      refused(await support("PATCH", at, { password: PASSWORD }), 403, "forbidden");
      refused(await support("PATCH", at, { email: "mine@example.com" }), 403, "forbidden");
      assert.equal((await support("PATCH", at, { jobTitle: "Boss" })).status, 200);
    });

    it("one address to two members at the same time", async () => {
      const { call, at, add } = await withAna();
      const { id } = await add("bea@example.com");
      const email = "new@example.com";
      const both = await Promise.all([
        call("PATCH", at, { email }),
        call("PATCH", `/members/${String(id)}`, { email }),
      ]);
      assert.deepEqual(statuses(both), [200, 409]);
    });
  });
});

describe("DELETE /members/{id}", () => {
  it("removes the member, frees the seat and tells it", async () => {
    const { call, add } = await place({ seatLimit: 1 });
    const { id } = await add("ana@example.com");
    assert.deepEqual([(await call("DELETE", `/members/${String(id)}`)).status], [204]);
    refused(await call("GET", `/members/${String(id)}`), 404, "not_found");
    refused(await call("DELETE", `/members/${String(id)}`), 404, "not_found");
    assert.equal((await call("GET", "/seats")).body["used"], 0);
    assert.equal(items(await call("GET", "/events?type=member.deleted")).length, 1);
  });
});
