import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { bodyOptions } from "../../src/provisioning/limits.ts";
import { memberIds } from "../../src/provisioning/membersChange.ts";
import { leniency, tolerances, type Leniency, type ToleranceName } from "../../src/scim/dialects.ts";
import { parseFilter } from "../../src/scim/filter.ts";
import { normaliseResource } from "../../src/scim/normalise.ts";
import { applyPatch } from "../../src/scim/patch.ts";
import { PATCH_OP, parsePatchOp } from "../../src/scim/patchMessage.ts";
import { resolveFilter } from "../../src/scim/resolve.ts";
import { sortOver } from "../../src/scim/sort.ts";
import { ScimRefusal, type ScimType } from "../../src/scim/types.ts";
import { tolerancesPage } from "../support/tolerancesPage.ts";
import { enterpriseUrn, user, userUrn } from "./fixtures.ts";

const names = Object.keys(tolerances) as ToleranceName[];

/** How a request says it, and how it is refused to the letter; `read` is what it means there where it is no fault. */
interface Example {
  readonly say: (lenient: Leniency) => unknown;
  readonly rfc: ScimType | { readonly read: unknown };
}

const ana = { schemas: [userUrn], userName: "ana", emails: [{ type: "work", value: "ana@example.com" }] };

function body(sent: object): Example["say"] {
  return (lenient) => normaliseResource(user, { schemas: [userUrn], userName: "ana", ...sent }, lenient);
}

function message(sent: object): Example["say"] {
  return (lenient) => applyPatch(user, ana, parsePatchOp(user, sent, lenient), lenient);
}

function patch(operation: object): Example["say"] {
  return message({ schemas: [PATCH_OP], Operations: [operation] });
}

function filter(text: string): Example["say"] {
  return (lenient) => resolveFilter(user, parseFilter(text, lenient), lenient);
}

const extended = { schemas: [userUrn, enterpriseUrn] };
const operation = { op: "replace", path: "title", value: "Lead" };

/** One for each: a tolerance without an example does not compile. */
const examples: Readonly<Record<ToleranceName, Example>> = {
  textJson: {
    say: (lenient) => bodyOptions({ headers: { "content-type": "Text/JSON; charset=utf-8" } }, lenient).types,
    rfc: { read: ["application/scim+json", "application/json"] },
  },
  stringBoolean: { say: body({ active: "False" }), rfc: "invalidValue" },
  unknownAttribute: { say: body({ shoeSize: 44 }), rfc: "invalidSyntax" },
  unknownMember: { say: (lenient) => memberIds([{ value: "nobody" }], lenient), rfc: "invalidValue" },
  missingSchemas: { say: (lenient) => normaliseResource(user, { userName: "ana" }, lenient), rfc: "invalidSyntax" },
  legacySchema: { say: body({ schemas: [userUrn, "urn:scim:schemas:core:1.0"] }), rfc: "invalidSyntax" },
  undeclaredExtension: { say: body({ [enterpriseUrn]: { department: "HR" } }), rfc: "invalidSyntax" },
  nestedBaseSchema: { say: body({ [userUrn]: { title: "Lead" } }), rfc: "invalidSyntax" },
  qualifiedAttributeName: { say: body({ "name.familyName": "Berg" }), rfc: "invalidSyntax" },
  unqualifiedExtensionAttribute: { say: body({ ...extended, department: "HR" }), rfc: "invalidSyntax" },
  emptyString: { say: body({ title: "" }), rfc: { read: { schemas: [userUrn], userName: "ana", title: "" } } },
  oneElementArray: { say: body({ title: ["Lead"] }), rfc: "invalidValue" },
  singleForMany: { say: body({ emails: { value: "ana@example.com" } }), rfc: "invalidValue" },
  scalarForComplex: { say: body({ ...extended, [enterpriseUrn]: { manager: "26118915" } }), rfc: "invalidValue" },
  jsonInString: { say: body({ roles: '[{"value":"admin"}]' }), rfc: "invalidValue" },
  filterOnValuePathSubAttribute: { say: filter('emails[type eq "work"].value eq "x"'), rfc: "invalidFilter" },
  filterOnSingleValue: { say: filter('name[familyName eq "Berg"]'), rfc: "invalidFilter" },
  operationCase: { say: patch({ ...operation, op: "Replace" }), rfc: "invalidSyntax" },
  messageKeyCase: { say: message({ schemas: [PATCH_OP], operations: [operation] }), rfc: "invalidSyntax" },
  missingPatchSchemas: { say: message({ Operations: [operation] }), rfc: "invalidSyntax" },
  emptyOperations: { say: message({ schemas: [PATCH_OP], Operations: [] }), rfc: "invalidSyntax" },
  unknownPath: { say: patch({ ...operation, path: "shoeSize" }), rfc: "invalidPath" },
  valuePathAsKey: { say: patch({ op: "replace", value: { 'emails[type eq "work"].value': "x" } }), rfc: "invalidPath" },
  readOnlyInValue: { say: patch({ op: "replace", value: { id: "1", title: "Lead" } }), rfc: "mutability" },
  removeWithValue: { say: patch({ op: "remove", path: "emails", value: ana.emails }), rfc: "invalidValue" },
  valueOfRemove: { say: patch({ op: "remove", path: "title", value: "Lead" }), rfc: "invalidValue" },
  removeWithoutMatch: { say: patch({ op: "remove", path: 'emails[type eq "home"]' }), rfc: "noTarget" },
  createOnNoMatch: { say: patch({ op: "add", path: 'emails[type eq "home"].value', value: "x" }), rfc: "noTarget" },
  addNothing: { say: patch({ op: "add", path: "title", value: null }), rfc: { read: ana } },
  objectForScalar: { say: patch({ op: "replace", path: "title", value: { value: "Lead" } }), rfc: "invalidValue" },
  unsortableAttribute: { say: (lenient) => sortOver([user], { sortBy: "shoeSize" }, lenient), rfc: "invalidPath" },
  valuelessElement: {
    say: patch({ op: "remove", path: 'emails[type eq "work"].value' }),
    rfc: { read: { ...ana, emails: [{ type: "work" }] } },
  },
};

describe("tolerances", () => {
  it("are what docs/tolerances.md says", () => {
    const page = readFileSync(new URL("../../docs/tolerances.md", import.meta.url), "utf8");
    // The formatter pads cells and rules as it likes.
    const plain = (text: string): string => text.replaceAll(/[\s-]+/g, "");
    assert.equal(plain(page), plain(tolerancesPage()), "run node scripts/pages.mjs");
  });

  for (const name of names) {
    const { say, rfc } = examples[name];

    it(`${name}: forgiven and told by tolerant, whose source is known`, () => {
      const lenient = leniency("tolerant");
      assert.doesNotThrow(() => say(lenient));
      assert.ok(lenient.used.includes(name), String(lenient.used));
      assert.ok(tolerances[name].source.length > 0);
    });

    it(`${name}: ${typeof rfc === "string" ? `${rfc} in` : "read to the letter by"} rfc, and not forgiven by interop`, () => {
      const strict = leniency("rfc");
      if (typeof rfc === "object") assert.deepEqual(say(strict), rfc.read);
      else
        assert.throws(
          () => say(strict),
          (error) => error instanceof ScimRefusal && error.scimType === rfc,
        );
      const profile = leniency("interop");
      if (typeof rfc === "string") assert.throws(() => say(profile), ScimRefusal);
      assert.deepEqual([...strict.used, ...profile.used], []);
    });
  }

  it("are told once each, in the order of their first use, and not for being asked about", () => {
    const lenient = leniency("tolerant");
    lenient.forgives("stringBoolean");
    for (const name of ["operationCase", "stringBoolean", "operationCase"] as const) lenient.allows(name);
    assert.deepEqual(lenient.used, ["operationCase", "stringBoolean"]);
  });
});
