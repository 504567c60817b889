/** What is known of identity providers, against what they send. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { PresetWords } from "../../src/sso/presets/preset.ts";
import { presetOf, presets } from "../../src/sso/presets/presets.ts";
import { connectionWith } from "../support/hostileSigner.ts";
import { accepted } from "../support/samlOutcome.ts";
import { goodRecordings, recordedSettings, recordingsFolder } from "../support/samlRecordings.ts";

/** Folder of the recording, and the groups that the preset reads in it. */
const recorded: Readonly<Record<string, readonly [folder: string, groups: readonly string[] | "absent"]>> = {
  okta: ["okta", ["Everyone", "Sales"]],
  entra: ["entra", ["0f0e0d0c-0000-4000-8000-0000000000b1", "0f0e0d0c-0000-4000-8000-0000000000b2"]],
  google: ["google", "absent"],
  onelogin: ["onelogin", []],
  ping: ["ping", ["Sales", "Staff"]],
  jumpcloud: ["jumpcloud", ["Sales", "Staff"]],
  keycloak: ["keycloak", ["Sales"]],
  adfs: ["adfs", ["Domain Users", "Sales"]],
  "custom-saml": ["simplesamlphp", "absent"],
};

describe("the preset of", () => {
  for (const { provider, defaults } of presets.filter(({ protocol }) => protocol === "saml")) {
    it(`${provider} reads address, names and groups in what it sends`, async () => {
      const [folder, groups] = recorded[provider] ?? assert.fail("no recording");
      const recording = goodRecordings().find((each) => each.folder === folder) ?? assert.fail(folder);
      const xml = readFileSync(new URL(`good/${folder}/response.xml`, recordingsFolder), "utf8").trimEnd();
      const connection = connectionWith({ provider, saml: recordedSettings(recording), ...defaults });
      const { identity } = await accepted(xml, { connection });
      assert.deepEqual(
        [identity.email, identity.name.givenName, identity.name.familyName],
        ["ana@example.com", "Ana", "Silva"],
      );
      assert.deepEqual(identity.groups, groups === "absent" ? groups : { values: groups });
    });
  }
});

describe("presets", () => {
  it("name each product once, and say in both languages what the other says", () => {
    assert.equal(new Set(presets.map(({ provider }) => provider)).size, presets.length);
    const count = ({ steps, traps }: PresetWords) => [steps.length, traps.length];
    for (const { provider, words } of presets) {
      assert.deepEqual(count(words.en), count(words.de), provider);
      assert.ok(words.en.steps.length >= 3 && words.en.traps.length >= 2, provider);
      assert.notDeepEqual(words.en.steps, words.de.steps, provider);
    }
  });

  it("are found by provider, and by protocol where it is said", () => {
    assert.equal(presetOf("okta")?.protocol, "saml");
    assert.equal(presetOf("okta", "oidc"), undefined);
    assert.equal(presetOf("__proto__"), undefined);
    assert.equal(presetOf(undefined), undefined);
  });
});
