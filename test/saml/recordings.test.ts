import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import type { Identity } from "../../src/sso/types.ts";
import { assertionId, minutes, requestId } from "../support/hostileSigner.ts";
import { accepted, refused } from "../support/samlOutcome.ts";
import { badRecordings, goodRecordings, recordedSettings, recordingsFolder } from "../support/samlRecordings.ts";

function recorded(folder: string): string {
  return readFileSync(new URL(`${folder}/response.xml`, recordingsFolder), "utf8").trimEnd();
}

const entraSubject = "0f0e0d0c-0000-4000-8000-000000000001/0f0e0d0c-0000-4000-8000-0000000000aa";
const ana = { givenName: "Ana", familyName: "Silva", displayName: null };
const named = { ...ana, displayName: "Ana Silva" };

/** What each recording says of the person: subject, names, groups, end of session. */
const expected: Readonly<Record<string, readonly [string, Identity["name"], Identity["groups"], string | null]>> = {
  okta: ["ana@example.com", ana, { values: ["Everyone", "Sales"] }, null],
  entra: [
    entraSubject,
    named,
    { values: ["0f0e0d0c-0000-4000-8000-0000000000b1", "0f0e0d0c-0000-4000-8000-0000000000b2"] },
    null,
  ],
  "entra-overage": [entraSubject, named, "overage", null],
  google: ["ana@example.com", ana, "absent", null],
  onelogin: ["ana@example.com", ana, { values: [] }, minutes(24 * 60)],
  ping: ["0f0e0d0c-0000-4000-8000-0000000000cc", ana, { values: ["Sales", "Staff"] }, null],
  jumpcloud: ["ana@example.com", ana, { values: ["Sales", "Staff"] }, null],
  adfs: ["ana@corp.example.com", ana, { values: ["Domain Users", "Sales"] }, null],
  keycloak: ["G-7f3a-ana", ana, { values: ["offline_access", "sales"] }, minutes(600)],
  simplesamlphp: ["5f1c-ana", ana, { values: ["member", "staff"] }, minutes(480)],
};

describe("a recorded response in the shape of", () => {
  for (const recording of goodRecordings()) {
    it(`${recording.folder} is taken, and says who has signed in`, async () => {
      const connection = { saml: recordedSettings(recording), groupsClaim: recording.groupsClaim };
      const answer = await accepted(recorded(`good/${recording.folder}`), { connection });
      const [subject, name, groups, sessionEnds] = expected[recording.folder]!;
      assert.deepEqual([answer.requestId, answer.assertionId], [requestId, assertionId]);
      assert.equal(answer.identity.issuer, recording.entityId);
      assert.equal(answer.identity.subject, subject);
      assert.equal(answer.identity.email, "ana@example.com");
      assert.deepEqual(answer.identity.name, name);
      assert.deepEqual(answer.identity.groups, groups);
      assert.equal(answer.identity.sessionEnds?.toISOString() ?? null, sessionEnds);
    });
  }
});

describe("a recorded response that is wrong in one way is refused:", () => {
  for (const [folder, [, code]] of Object.entries(badRecordings())) {
    it(`${folder} (${code})`, async () => {
      await refused(recorded(`bad/${folder}`), code);
    });
  }
});

describe("the recorded responses", () => {
  it("are those that the script makes, each with what is expected of it", () => {
    for (const { folder, xml } of goodRecordings()) assert.equal(recorded(`good/${folder}`), xml, folder);
    for (const [folder, [xml]] of Object.entries(badRecordings())) assert.equal(recorded(`bad/${folder}`), xml, folder);
    const folders = (of: string) => readdirSync(new URL(of, recordingsFolder)).toSorted();
    assert.deepEqual(folders("good"), Object.keys(expected).toSorted());
    assert.deepEqual(folders("bad"), Object.keys(badRecordings()).toSorted());
  });
});
