import assert from "node:assert/strict";
import supertest from "supertest";
import { adminApp } from "../support/api.ts";
import { place, refused } from "./place.ts";

const empty = { name: null, email: null, phone: null, notes: null };
const desk = { name: "Help desk", email: "help@example.com", phone: "+41 44 000 00 00", notes: "Weekdays 9–17" };

describe("/contact", () => {
  it("S3.30 shows name, email, phone and notes, which admins set", async () => {
    const here = await place();
    assert.deepEqual((await here.call("GET", "/contact")).body, empty);
    assert.deepEqual((await here.call("PUT", "/contact", desk)).body, desk);
    assert.deepEqual((await here.call("GET", "/contact")).body, desk);
    assert.deepEqual((await here.call("PUT", "/contact", { name: "Ana" })).body, { ...empty, name: "Ana" });
  });

  it("S3.30 is seen by every member who has signed in, whatever their role, and written by none of these", async () => {
    const here = await place();
    await here.call("PUT", "/contact", desk);
    const app = adminApp(here.db);
    await here.call("POST", "/roles", { slug: "guest", name: "Guest", permissions: [] });
    for (const role of ["viewer", "member", "guest"]) {
      const email = `${role}@${here.slug}.example`;
      const { id } = await here.add(email, { password: "correct horse battery", roles: [role] });
      await here.db.pool.query("update members set password_change = false where tenant_id = $1", [here.tenantId]);
      const credentials = { email, password: "correct horse battery", tenant: here.slug };
      const signIn = await supertest(app).post("/api/v1/session").send(credentials);
      const cookie = String(signIn.headers["set-cookie"]).split(";")[0] ?? "";
      const path = `/api/v1/tenants/${here.slug}/contact`;
      const seen = await supertest(app).get(path).set("Cookie", cookie);
      assert.deepEqual([seen.status, seen.body], [200, desk], `${role}: ${seen.text}`);
      const { csrfToken } = signIn.body as { csrfToken: string };
      const put = supertest(app).put(path).set("Cookie", cookie).set("X-CSRF-Token", csrfToken).send({ name: "Me" });
      assert.equal((await put).status, 403);
      await here.call("PATCH", `/members/${String(id)}`, { hold: true });
      assert.equal((await supertest(app).get(path).set("Cookie", cookie)).status, 401);
    }
  });

  it("is told by the names of what changed alone, and not when nothing did", async () => {
    const here = await place();
    await here.call("PUT", "/contact", desk);
    await here.call("PUT", "/contact", desk);
    const { body } = await here.call("GET", "/events?type=tenant.contact_changed");
    const { items } = body as { items: { data: unknown }[] };
    assert.deepEqual(
      items.map(({ data }) => data),
      [{ attributes: ["name", "email", "phone", "notes"] }],
    );
  });

  it("is named in the refusal of a seat (rule 9)", async () => {
    const here = await place({ seatLimit: 0 });
    await here.call("PUT", "/contact", desk);
    const body = { email: "ana@example.com", name: { givenName: "Ana" } };
    const problem = refused(await here.call("POST", "/members", body), 409, "seat_limit_reached");
    assert.match(String(problem["detail"]), /Ask Help desk <help@example\.com>\.$/);
    assert.deepEqual(problem["contact"], { name: desk.name, email: desk.email });
  });

  it("is written by who may, and is no other tenant's", async () => {
    const [here, there] = [await place(), await place()];
    await there.call("PUT", "/contact", desk);
    const viewer = await here.as("contact:view");
    assert.deepEqual((await viewer("GET", "/contact")).body, empty);
    refused(await viewer("PUT", "/contact", desk), 403, "forbidden");
    refused(await (await here.as("teams:view"))("GET", "/contact"), 403, "forbidden");
    refused(await here.call("PUT", "/contact", { ...desk, owner: "x" }), 400, "invalid_request");
    refused(await here.call("PUT", "/contact", { email: "nobody" }), 400, "invalid_request");
    refused(await here.call("PUT", "/contact", { name: "a\u0000b" }), 400, "invalid_request");
    refused(await here.call("PUT", "/contact", { notes: "a\u0000b" }), 400, "invalid_request");
  });
});
