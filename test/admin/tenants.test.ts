import assert from "node:assert/strict";
import { api } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newSlug } from "../support/tenant.ts";

describe("POST /tenants", () => {
  it("makes a tenant with every setting's default and a directory called default", async () => {
    const call = api(await testDatabase());
    const slug = newSlug();
    const made = await call.post("/tenants", { slug, name: "Acme", plan: "trial" });
    assert.equal(made.status, 201, made.text);
    assert.equal(made.body.plan, "trial");
    assert.equal("seatLimit" in made.body, false);
    assert.deepEqual(made.body.settings.invitations.quota, { kind: "total", max: 20 });
    assert.equal(made.body.settings.seats.whenFull.scim, "waitlist");
    const { body } = await call.get(`/tenants/${slug}/directories`);
    assert.deepEqual(body.items.map((one: { name: string }) => one.name), ["default"]);
    assert.equal(body.total, 1);
  });
});
