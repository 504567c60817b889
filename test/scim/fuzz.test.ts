/** The parsers of filters, paths and messages, given what nobody means: a refusal or a meaning, at once, and nothing else. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { Refusal } from "../../src/base/errors.ts";
import { type DialectName, leniency } from "../../src/scim/dialects.ts";
import { parseFilter, parsePath } from "../../src/scim/filter.ts";
import { matches } from "../../src/scim/match.ts";
import { normaliseResource } from "../../src/scim/normalise.ts";
import { resolvePath } from "../../src/scim/path.ts";
import { resolveFilter } from "../../src/scim/resolve.ts";
import { type ScimObject, ScimRefusal } from "../../src/scim/types.ts";
import { validate } from "../../src/scim/validate.ts";
import { mutated } from "../support/mutation.ts";
import { enterpriseUrn, group, user, userUrn } from "./fixtures.ts";
import { patchBody } from "./patching.ts";

const person: ScimObject = {
  schemas: [userUrn, enterpriseUrn],
  userName: "ana@example.com",
  active: true,
  name: { givenName: "Ana", familyName: "Ruiz" },
  emails: [
    { value: "ana@example.com", type: "work", primary: true },
    { value: "ana@example.org", type: "home" },
  ],
  [enterpriseUrn]: { department: "HR", manager: { value: "26118915" } },
};
const team: ScimObject = { displayName: "Team", members: [{ value: "0190a1b2-0000-7000-8000-000000000001" }] };

const dialect = fc.constantFrom<DialectName[]>("tolerant", "rfc", "interop");

/** Words of the grammar, of the schema and of neither, in any order. */
const words = fc
  .array(
    fc.constantFrom(
      ...`userName emails emails.value name active meta.created password members ${userUrn}:userName`.split(" "),
      ...`${enterpriseUrn}:manager.value ${enterpriseUrn} eq ne co sw ew gt ge lt le pr and or not NOT`.split(" "),
      ...`( ) [ ] . : , true false null 1 -1.5e9 "" "a" "2026-01-31T09:00:00Z" " \\ \\u00 $ref __proto__ 💺`.split(" "),
    ),
    { maxLength: 40 },
  )
  .chain((pieces) => fc.constantFrom("", " ", "  ").map((gap) => pieces.join(gap)));

/** Runs it; what it throws must be a refusal, one of these where any are given. */
function refusesOnly(work: () => unknown, ...scimTypes: readonly string[]): void {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof Refusal, error instanceof Error ? error.stack : String(error));
    if (scimTypes.length === 0) return;
    assert.ok(error instanceof ScimRefusal && scimTypes.includes(error.scimType), error.message);
  }
}

describe("fuzzing the parsers", () => {
  it("a filter is invalidFilter or sensitive, or matches or does not", () => {
    fc.assert(
      fc.property(words, dialect, (text, name) => {
        const forgiving = leniency(name);
        const work = () => matches(resolveFilter(user, parseFilter(text, forgiving), forgiving), person);
        refusesOnly(work, "invalidFilter", "sensitive");
      }),
      { numRuns: 1500, seed: 7644 },
    );
  });

  it("a path is invalidPath, or its filter invalidFilter or sensitive, or leads to an attribute", () => {
    fc.assert(
      fc.property(words, dialect, fc.constantFrom(user, group), (text, name, type) => {
        refusesOnly(() => resolvePath(type, text, leniency(name)), "invalidPath", "invalidFilter", "sensitive");
      }),
      { numRuns: 1500, seed: 7644 },
    );
  });

  // The bound catches what grows out of hand, and measures nothing.
  const hostile = [
    "(",
    "not (",
    "[",
    "emails[",
    "a[b[",
    '"',
    '"\\',
    "\\",
    "a.",
    "a:",
    "urn:",
    "userName pr and ",
    "-",
    "1e",
    " ",
  ];
  for (const piece of hostile) {
    it(`a filter or path of ${JSON.stringify(piece)} over and over is read in no time`, function () {
      this.timeout(5000);
      const text = piece.repeat(Math.ceil(8192 / piece.length)).slice(0, 8192);
      for (const name of ["tolerant", "rfc"] as const) {
        refusesOnly(() => parseFilter(text, leniency(name)), "invalidFilter", "tooMany");
        refusesOnly(
          () => parseFilter(`userName eq ${text}`.slice(0, 8192), leniency(name)),
          "invalidFilter",
          "tooMany",
        );
        refusesOnly(() => parsePath(text, leniency(name)), "invalidPath");
      }
    });
  }

  it("a resource is refused, or is valid after it is put right", () => {
    fc.assert(
      fc.property(mutated(person), dialect, (text, name) => {
        const body: unknown = jsonOf(text);
        refusesOnly(() => {
          const resource = normaliseResource(user, body, leniency(name));
          validate(user, resource);
          assert.deepEqual(normaliseResource(user, resource, leniency(name)), resource);
        });
        assert.equal(({} as { admin?: unknown }).admin, undefined);
      }),
      { numRuns: 800, seed: 7643 },
    );
  });

  const operations = [
    { op: "add", path: 'emails[type eq "work" and primary eq true].value', value: "a@example.com" },
    {
      op: "replace",
      value: { "name.givenName": "Ana", [`${enterpriseUrn}:manager`]: { value: "1" }, active: "False" },
    },
    { op: "remove", path: `${enterpriseUrn}:department` },
    { op: "replace", path: "addresses", value: [{ type: "work", country: "ES" }] },
  ];
  const message = { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: operations };
  const onMembers = {
    ...message,
    Operations: [
      { op: "Add", path: "members", value: [{ $ref: null, value: "0190a1b2-0000-7000-8000-000000000002" }] },
      { op: "remove", path: 'members[value eq "0190a1b2-0000-7000-8000-000000000001"]' },
    ],
  };
  it("a PatchOp is refused, or leaves a resource that is valid or refused; the one it was given stays", () => {
    fc.assert(
      fc.property(mutated(message, onMembers), dialect, fc.boolean(), (text, name, ofGroup) => {
        const body: unknown = jsonOf(text);
        const [type, resource] = ofGroup ? ([group, team] as const) : ([user, person] as const);
        const before = structuredClone(resource);
        refusesOnly(() => validate(type, patchBody(type, resource, body, name).resource));
        assert.deepEqual(resource, before);
      }),
      { numRuns: 1200, seed: 7644 },
    );
  });
});

/** What the text holds; a text that holds nothing is none of these parsers' business. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
