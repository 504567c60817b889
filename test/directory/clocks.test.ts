/** Requests read the clock when they come, and get the member in whatever order. */
import assert from "node:assert/strict";
import { scimClient } from "../support/scim.ts";
import { changeScimMember, createScimMember } from "../../src/directory/directories/scimMembers.ts";

describe("lastModified (RFC 7643 §3.1)", () => {
  it("is never before created, though the change's clock was read before that of the creation", async () => {
    const { db, who, directoryId } = await scimClient();
    const [early, late] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-01-01T00:00:05Z")];
    const scim = { userName: "late@example.com" };
    const wanted = { scim, active: true, password: undefined };
    const made = await createScimMember(db, { ...who, directoryId, now: late }, wanted);
    const make = () => ({ ...wanted, scim: { ...scim, title: "Lead" } });
    const change = { make, password: undefined };
    const changed = await changeScimMember(db, { ...who, directoryId, now: early }, made.id, change);
    assert.equal(changed.version, 2);
    assert.deepEqual(changed.updatedAt, late);
  });
});
