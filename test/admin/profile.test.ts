import assert from "node:assert/strict";
import supertest from "supertest";
import { profileMail } from "../../src/directory/members/profileEmail.ts";
import type { Letter } from "../../src/mail/letter.ts";
import { workUntil } from "../events/working.ts";
import { adminApp, api, type ApiReply, type Method, ways } from "../support/api.ts";
import { items, place, refused, statuses, type Place } from "./place.ts";

const PASSWORD = "correct horse battery";

/** Somebody who has signed in. */
interface Own extends Place {
  readonly id: string;
  readonly email: string;
  readonly mine: (method: Uppercase<Method>, path: string, body?: object) => Promise<ApiReply>;
}

/** Signs a member in by password, with the role viewer unless said otherwise. */
async function signedIn(options?: Parameters<typeof place>[0], roles = ["viewer"]): Promise<Own> {
  const here = await place(options);
  const email = `ana@${here.slug}.example`;
  const id = String((await here.add(email, { password: PASSWORD, roles }))["id"]);
  await here.db.pool.query("update members set password_change = false where tenant_id = $1", [here.tenantId]);
  return { ...here, id, email, mine: await browser(here, email) };
}

async function browser({ db, slug }: Place, email: string): Promise<Own["mine"]> {
  const app = adminApp(db);
  const signIn = await supertest(app).post("/api/v1/session").send({ email, password: PASSWORD, tenant: slug });
  assert.equal(signIn.status, 201, signIn.text);
  const cookie = String(signIn.headers["set-cookie"]).split(";")[0] ?? "";
  const token = (signIn.body as { csrfToken: string }).csrfToken;
  return (method, path, body) => {
    const verb = method.toLowerCase() as Method;
    const request = supertest(app)[verb](`/api/v1${path}`).set("Cookie", cookie).set("X-CSRF-Token", token);
    return body ? request.send(body) : request;
  };
}

/** What the jobs of these two letters mail. */
async function mailed({ db, tenantId }: Place): Promise<Letter[]> {
  const letters: Letter[] = [];
  const send = async (letter: Letter): Promise<void> => void letters.push(letter);
  const handlers = profileMail({ db, send, publicUrl: "https://usher.example", secretKeys: ways.secretKeys });
  const left = "select from jobs where tenant_id = $1 and kind like 'mail.email-%'";
  await workUntil(handlers, async () => (await db.pool.query(left, [tenantId])).rows.length === 0);
  // The worker takes the jobs of other cases, too.
  return letters.filter(({ id }) => id.endsWith(tenantId));
}

function tokenIn(letter: Letter | undefined): string {
  const [, token] = /token=(\S+)/.exec(letter?.text ?? "") ?? [];
  assert.ok(token, letter?.text);
  return token;
}

const own = async ({ mine }: Own): Promise<Record<string, unknown>> => {
  const { status, body, text } = await mine("GET", "/session/profile");
  assert.equal(status, 200, text);
  return body as Record<string, unknown>;
};

const confirm = ({ db }: Place, token: string): Promise<ApiReply> =>
  api(db).as(null).post("/email-changes/confirm", { token });

describe("/session/profile", () => {
  it("S2.20 is changed by the member: name, avatar, job title, language, theme, notifications, signature", async () => {
    const here = await signedIn();
    const preferences = { locale: "de-CH", theme: "dark", notifications: { mentions: false }, signature: "Ana\nBerg" };
    const wanted = {
      name: { givenName: "Anna" },
      jobTitle: "Agent",
      avatarUrl: "https://example.com/a.png",
      preferences,
    };
    const { status, text } = await here.mine("PATCH", "/session/profile", wanted);
    assert.equal(status, 200, text);
    const profile = await own(here);
    assert.deepEqual(profile["name"], { givenName: "Anna", familyName: "Berg" });
    assert.deepEqual(
      [profile["displayName"], profile["jobTitle"], profile["avatarUrl"], profile["locked"]],
      ["Anna Berg", "Agent", "https://example.com/a.png", []],
    );
    assert.deepEqual(profile["preferences"], preferences);
    const shown = (await here.call("GET", `/members/${here.id}`)).body as Record<string, unknown>;
    assert.deepEqual(shown["preferences"], preferences);
    const [event] = items(await here.call("GET", "/events?type=member.preferences_changed"));
    assert.deepEqual(event?.["actor"], { type: "member", id: here.id });
    assert.deepEqual(event?.["data"], { attributes: ["locale", "notifications", "signature", "theme"] });
  });

  it("S2.20 is changed by an admin as well, and merges; the same again is told once", async () => {
    const here = await place();
    const { id, preferences } = await here.add("ana@example.com");
    assert.deepEqual(preferences, { locale: null, theme: "system", notifications: {}, signature: null });
    const patch = (body: object) => here.call("PATCH", `/members/${String(id)}`, { preferences: body });
    assert.equal((await patch({ notifications: { a: true, b: false } })).status, 200);
    await patch({ theme: "light", notifications: { a: false } });
    const { body } = await patch({ theme: "light" });
    const expected = { locale: null, theme: "light", notifications: { a: false, b: false }, signature: null };
    assert.deepEqual((body as { preferences: unknown }).preferences, expected);
    assert.equal(items(await here.call("GET", "/events?type=member.preferences_changed")).length, 2);
  });

  it("S2.21 leaves role, teams, status and seat to admins", async () => {
    const here = await signedIn();
    for (const field of ["roles", "teams", "hold", "permissions", "breakGlass", "emailVerified", "password", "id"]) {
      const reply = await here.mine("PATCH", "/session/profile", { [field]: [] });
      refused(reply, 400, "invalid_request");
    }
    refused(
      await here.mine("PATCH", `/tenants/${here.slug}/members/${here.id}`, { roles: ["admin"] }),
      403,
      "forbidden",
    );
  });

  const wrong: readonly (readonly [what: string, body: object])[] = [
    ["a picture that is a script", { avatarUrl: "javascript:alert(1)" }],
    ["a theme that is none", { preferences: { theme: "pink" } }],
    ["a language that is none", { preferences: { locale: "de_CH; drop" } }],
    ["a notification that is no yes or no", { preferences: { notifications: { a: "yes" } } }],
    ["a notification of a reserved name", { preferences: { notifications: JSON.parse('{"__proto__":true}') } }],
    ["a signature without end", { preferences: { signature: "x".repeat(2001) } }],
    ["U+0000 in a signature", { preferences: { signature: "a\u0000" } }],
    ["an address that is none", { email: "ana" }],
  ];
  it("refuses what cannot be shown or stored, and changes nothing then", async () => {
    const here = await signedIn();
    const before = await own(here);
    for (const [what, body] of wrong) {
      const { status } = await here.mine("PATCH", "/session/profile", { jobTitle: "Boss", ...body });
      assert.equal(status, 400, what);
    }
    assert.deepEqual(await own(here), before);
  });

  it("is for who has signed in: not for keys, nor for who must choose a password first", async () => {
    const here = await place();
    refused(await api(here.db).get("/session/profile"), 403, "forbidden");
    const email = `ana@${here.slug}.example`;
    await here.add(email, { password: PASSWORD, roles: ["viewer"] });
    const mine = await browser(here, email);
    refused(await mine("PATCH", "/session/profile", { jobTitle: "x" }), 403, "forbidden");
    refused(await mine("GET", `/tenants/${here.slug}/contact`), 403, "forbidden");
  });

  it("S3.30 shows every member the contact, whatever their permissions, and of their own tenant alone", async () => {
    const here = await signedIn();
    const there = await place();
    assert.equal((await here.mine("GET", `/tenants/${here.slug}/contact`)).status, 200);
    refused(await here.mine("GET", `/tenants/${there.slug}/contact`), 404, "not_found");
    refused(await here.mine("PUT", `/tenants/${here.slug}/contact`, { name: "Ana" }), 403, "forbidden");
  });

  it("tells which fields the directory has, and refuses them; preferences stay the member's (rule 14)", async () => {
    const here = await signedIn();
    const { db, tenantId, directoryId } = here;
    await db.pool.query("update members set directory_id = $2 where tenant_id = $1", [tenantId, directoryId]);
    const { locked } = (await own(here)) as { locked: { field: string; code: string; reason: string }[] };
    assert.deepEqual(
      locked.map(({ field, code }) => [field, code]),
      ["name", "jobTitle", "avatarUrl", "email"].map((field) => [field, "managed_by_directory"]),
    );
    assert.match(locked[0]?.reason ?? "", /default/);
    for (const body of [{ name: { givenName: "X" } }, { jobTitle: "X" }, { email: "x@example.com" }]) {
      refused(await here.mine("PATCH", "/session/profile", body), 409, "managed_by_directory");
    }
    const both = { jobTitle: "X", preferences: { theme: "dark" } };
    refused(await here.mine("PATCH", "/session/profile", both), 409, "managed_by_directory");
    assert.equal((await here.mine("PATCH", "/session/profile", { preferences: { theme: "dark" } })).status, 200);
  });
});

describe("another address", () => {
  it("S1.25 holds once it is proven by mail, and is told to the one before (rule 24)", async () => {
    const here = await signedIn();
    const email = `anna@${here.slug}.example`;
    const { body } = await here.mine("PATCH", "/session/profile", { email });
    assert.deepEqual([body.email, body.unprovenEmail], [here.email, email]);
    const [proof] = await mailed(here);
    assert.deepEqual([proof?.to, proof?.text.includes("https://usher.example/profile/email?token=")], [email, true]);
    assert.equal((await confirm(here, tokenIn(proof))).status, 204);
    const profile = await own(here);
    assert.deepEqual([profile["email"], profile["emailVerified"], profile["unprovenEmail"]], [email, true, null]);
    const [told] = await mailed(here);
    assert.deepEqual([told?.to, told?.subject.includes("your address was changed")], [here.email, true]);
    const [event] = items(await here.call("GET", "/events?type=member.updated"));
    assert.deepEqual(event?.["data"], { attributes: ["emails", "userName"] });
    refused(await confirm(here, tokenIn(proof)), 404, "not_found");
  });

  it("is told to the one before though another is wished for at once, and the one before is forgotten then", async () => {
    const here = await signedIn();
    const wish = (email: string) => here.mine("PATCH", "/session/profile", { email });
    await wish("one@example.com");
    assert.equal((await confirm(here, tokenIn((await mailed(here))[0]))).status, 204);
    await wish("two@example.com");
    const letters = await mailed(here);
    assert.deepEqual(letters.map(({ to }) => to).toSorted(), [here.email, "two@example.com"].toSorted());
    const kept = "select previous from email_changes where tenant_id = $1 and previous is not null";
    assert.deepEqual((await here.db.pool.query(kept, [here.tenantId])).rows, []);
  });

  it("is outdone by a later wish, and by wishing for the present one", async () => {
    const here = await signedIn();
    const wish = (email: string) => here.mine("PATCH", "/session/profile", { email });
    await wish("one@example.com");
    const first = tokenIn((await mailed(here))[0]);
    await wish("two@example.com");
    const second = tokenIn((await mailed(here))[0]);
    refused(await confirm(here, first), 404, "not_found");
    assert.equal((await wish(here.email.toUpperCase())).body.unprovenEmail, null);
    refused(await confirm(here, second), 404, "not_found");
    assert.equal((await own(here))["email"], here.email);
  });

  it("is mailed to three times an hour at most", async () => {
    const here = await signedIn();
    for (const name of ["a", "b", "c"]) {
      assert.equal((await here.mine("PATCH", "/session/profile", { email: `${name}@example.com` })).status, 200);
    }
    refused(await here.mine("PATCH", "/session/profile", { email: "d@example.com" }), 429, "rate_limited");
  });

  it("is refused where somebody has it, also by the time that it is proven", async () => {
    const here = await signedIn();
    await here.add("bea@example.com");
    refused(await here.mine("PATCH", "/session/profile", { email: "BEA@example.com" }), 409, "email_exists");
    await here.mine("PATCH", "/session/profile", { email: "cid@example.com" });
    const [proof] = await mailed(here);
    await here.add("cid@example.com");
    refused(await confirm(here, tokenIn(proof)), 409, "email_exists");
    assert.equal((await own(here))["email"], here.email);
  });

  it("S4.9 is not to be had where the policy says so, also if it says so meanwhile", async () => {
    const here = await signedIn();
    await here.mine("PATCH", "/session/profile", { email: "new@example.com" });
    const [proof] = await mailed(here);
    await here.call("PATCH", "", { settings: { members: { emailEditable: false } } });
    refused(await here.mine("PATCH", "/session/profile", { email: "other@example.com" }), 403, "forbidden");
    refused(await confirm(here, tokenIn(proof)), 403, "forbidden");
    const { locked } = (await own(here)) as { locked: { field: string }[] };
    assert.deepEqual(
      locked.map(({ field }) => field),
      ["email"],
    );
  });

  it("is no way around the identity provider that the organisation demands (rule 28)", async () => {
    const here = await signedIn();
    const domain = here.email.split("@")[1] ?? "";
    await here.mine("PATCH", "/session/profile", { email: "ana@private.example" });
    const [proof] = await mailed(here);
    await here.call("POST", "/domains", { domain });
    assert.equal((await here.call("POST", `/domains/${domain}/verify`, { force: true })).status, 200);
    await here.db.pool.query(
      `update tenants set settings = '{"signIn":{"ssoRequired":"verifiedDomains"}}' where id = $1`,
      [here.tenantId],
    );
    refused(await confirm(here, tokenIn(proof)), 403, "forbidden");
  });

  it("is given by no token that is made up, changed, of another tenant, or of who is suspended", async () => {
    const [here, there] = [await signedIn(), await signedIn()];
    await here.mine("PATCH", "/session/profile", { email: "new@example.com" });
    const token = tokenIn((await mailed(here))[0]);
    const changed = token.slice(0, -1) + (token.endsWith("A") ? "B" : "A");
    const moved = token.replace(here.tenantId, there.tenantId);
    for (const wrong of ["x", "..", changed, moved, token.split(".").slice(0, 2).join(".")]) {
      refused(await confirm(here, wrong), 404, "not_found");
    }
    await here.call("PATCH", `/members/${here.id}`, { hold: true });
    refused(await confirm(here, token), 404, "not_found");
    await here.call("PATCH", `/members/${here.id}`, { hold: false });
    const replies = await Promise.all([1, 2, 3].map(() => confirm(here, token)));
    assert.deepEqual(statuses(replies), [204, 404, 404]);
  });
});

describe("removal", () => {
  const traces = async ({ db, tenantId }: Place): Promise<string> => {
    const tables = ["members", "events", "provisioning_log", "sign_ins", "member_preferences", "email_changes", "jobs"];
    const rows = await Promise.all(
      tables.map((table) =>
        db.pool.query(`select to_jsonb(t)::text as row from ${table} t where tenant_id = $1`, [tenantId]),
      ),
    );
    return rows.flatMap(({ rows: found }) => found.map(({ row }: { row: string }) => row)).join("\n");
  };

  async function leaver(removal: "membership" | "erase"): Promise<{ here: Own; text: string }> {
    const here = await signedIn({ settings: { members: { removal } } });
    const { db, tenantId, email, id } = here;
    await here.mine("PATCH", "/session/profile", {
      email: "secret@example.com",
      preferences: { signature: "Secretly" },
    });
    await db.pool.query(
      `insert into provisioning_log (tenant_id, id, at, method, path, status, user_name_key, email_key, resource_id)
       values ($1, uuid_v7(now()), now(), 'POST', '/Users', 201, $2, $2, $3)`,
      [tenantId, email, id],
    );
    await db.pool.query(
      `update sign_ins set ip = '192.0.2.77', device = 'Secret browser', arrived = '{"groups": ["Secret…"]}'
       where tenant_id = $1`,
      [tenantId],
    );
    assert.equal((await here.call("DELETE", `/members/${id}`)).status, 204);
    return { here, text: await traces(here) };
  }

  it("S3.25 leaves the logs what they know, where the policy says membership", async () => {
    const { here, text } = await leaver("membership");
    assert.ok(text.includes(here.email) && text.includes("192.0.2.77"));
    assert.ok(!text.includes("Secretly"));
  });

  it("S4.11 S1.30 erases the person from every log where the policy says so; ids and types stay", async () => {
    const { here, text } = await leaver("erase");
    for (const secret of [here.email, "Berg", "Secretly", "secret@", "192.0.2.77", "Secret browser", "Secret…"]) {
      assert.ok(!text.toLowerCase().includes(secret.toLowerCase()), secret);
    }
    const types = items(await here.call("GET", `/events?target=${here.id}`)).map(({ type }) => type);
    assert.ok(types.includes("member.created") && types.includes("member.deleted"));
  });
});
