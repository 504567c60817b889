import assert from "node:assert/strict";
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
