/** Rule 14: what a directory manages is locked on every way to write it, and the refusal says which directory. */
import assert from "node:assert/strict";
import { editOwnProfile } from "../../src/directory/members/profile.ts";
import { completeSettings } from "../../src/directory/tenants/tenantSettings.ts";
import { isRefusal } from "../../src/base/errors.ts";
import { place, refused, type Place } from "./place.ts";

async function managed(here: Place): Promise<string> {
  const renamed = await here.call("PATCH", `/directories/${here.directoryId}`, { name: "Okta of Acme" });
  assert.equal(renamed.status, 200);
  return (await here.push("ana@example.com", { name: { givenName: "Ana" } })).id;
}

function named(here: Place, problem: Record<string, unknown>): void {
  assert.deepEqual(problem["directory"], { id: here.directoryId, name: "Okta of Acme" });
  assert.match(String(problem["detail"]), /The directory is 'Okta of Acme'\.$/);
}

describe("a field that a directory manages", () => {
  const edits: readonly object[] = [
    { name: { givenName: "Eve" } },
    { jobTitle: "Lead" },
    { email: "eve@example.org" },
    { avatarUrl: "https://img.example.com/a.png" },
    { password: "correct horse battery" },
    { breakGlass: true },
    { jobTitle: "Lead", teams: [] },
  ];
  it("is locked in each edit by an admin, with the directory that holds it (rule 14)", async () => {
    const here = await place();
    const id = await managed(here);
    for (const edit of edits) {
      named(here, refused(await here.call("PATCH", `/members/${id}`, edit), 409, "managed_by_directory"));
    }
  });

  it("is locked in a removal by hand, of one or in bulk, with the directory that holds the member (rule 14)", async () => {
    const here = await place();
    const id = await managed(here);
    named(here, refused(await here.call("DELETE", `/members/${id}`), 409, "managed_by_directory"));
    const { body } = await here.call("POST", "/members/bulk", { action: "remove", ids: [id] });
    const [row] = (body as { results: { code: string; detail: string }[] }).results;
    assert.equal(row?.code, "managed_by_directory");
    assert.match(row.detail, /'Okta of Acme'/);
  });

  it("is locked in the member's own profile and their wish for another address, with the directory that holds it", async () => {
    const here = await place();
    const { db, tenantId } = here;
    const id = await managed(here);
    const who = { tenantId, actor: { type: "member", id }, now: new Date(), permissions: [] } as const;
    for (const change of [{ jobTitle: "Lead" }, { name: { givenName: "Eve" } }, { email: "eve@example.org" }]) {
      await assert.rejects(editOwnProfile(db, who, id, change, completeSettings({}, null)), (error) => {
        assert.ok(isRefusal(error, "managed_by_directory"));
        named(here, { ...error.extra, detail: error.message });
        return true;
      });
    }
  });

  it("names another tenant's directory to nobody", async () => {
    const [here, there] = [await place(), await place()];
    const id = await managed(there);
    const problem = refused(await here.call("PATCH", `/members/${id}`, { jobTitle: "Lead" }), 404, "not_found");
    assert.equal(problem["directory"], undefined);
  });
});
