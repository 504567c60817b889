/** What directories really send, replayed (`test/idp/`). */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mismatches, readSteps, replay } from "../support/replay.ts";
import { scimClient } from "../support/scim.ts";

const root = fileURLToPath(new URL("../idp", import.meta.url));
const folders = readdirSync(root).sort();

describe("recorded traffic", () => {
  it("is there for every directory that we say we know", () => {
    assert.deepEqual(
      ["entra", "entra-flag", "entra-validator", "okta", "okta-spec"].filter((folder) => !folders.includes(folder)),
      [],
    );
    assert.ok(folders.length >= 11);
  });

  for (const folder of folders) {
    it(`of ${folder} is answered as recorded`, async () => {
      const steps = readSteps(join(root, folder));
      assert.ok(steps.length > 0);
      await replay(await scimClient(), steps);
    });
  }

  it("fails a step that is answered otherwise, with the step's name", async () => {
    const [step] = readSteps(join(root, "okta"));
    assert.ok(step);
    const wrong = { ...step.recording, response: { status: 200, body: { totalResults: 1 } } };
    await assert.rejects(
      scimClient().then((client) => replay(client, [{ name: "001-wrong", recording: wrong }])),
      /^Error: 001-wrong: \/totalResults is 0, not 1/,
    );
  });

  it("compares as its form says: objects in part, arrays in full, null as absence", () => {
    const actual = { a: 1, b: [{ c: 2, d: 3 }] };
    assert.deepEqual(mismatches(actual, { b: [{ c: 2 }] }, ""), []);
    assert.deepEqual(mismatches(actual, { e: null }, ""), []);
    assert.deepEqual(mismatches(actual, { a: null }, ""), ["/a is 1 and should not be there"]);
    assert.deepEqual(mismatches(actual, { b: [] }, ""), ["/b has 1 elements, not 0"]);
    assert.deepEqual(mismatches(actual, { b: [{ c: "2" }] }, ""), ['/b/0/c is 2, not "2"']);
    assert.deepEqual(mismatches(actual, { a: { x: 1 } }, ""), ['/a is 1, not {"x":1}']);
  });
});
