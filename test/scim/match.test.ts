import assert from "node:assert/strict";
import * as fc from "fast-check";
import { type DialectName, leniency } from "../../src/scim/dialects.ts";
import { parseFilter } from "../../src/scim/filter.ts";
import { parseInstant } from "../../src/scim/instant.ts";
import { matches } from "../../src/scim/match.ts";
import { resolveFilter, type ResolvedFilter } from "../../src/scim/resolve.ts";
import { type ScimObject, ScimRefusal, type ScimType } from "../../src/scim/types.ts";
import { device, enterpriseUrn, user, userUrn } from "./fixtures.ts";

function resolve(text: string, dialect: DialectName = "rfc", type = user): ResolvedFilter {
  const forgiving = leniency(dialect);
  return resolveFilter(type, parseFilter(text, forgiving), forgiving);
}

const barbara: ScimObject = {
  schemas: [userUrn, enterpriseUrn],
  id: "2819c223-7f76-453a-919d-413861904646",
  externalId: "Bjensen",
  userName: "bjensen@example.com",
  name: { familyName: "Jensen", givenName: "Barbara" },
  title: "",
  active: true,
  emails: [
    { value: "bjensen@example.com", type: "work", primary: true },
    { value: "babs@jensen.org", type: "home" },
  ],
  x509Certificates: [{ value: "MIIDQzCC" }],
  [enterpriseUrn]: { employeeNumber: "701984", manager: { value: "26118915" } },
  meta: { resourceType: "User", created: "2011-05-13T04:42:34Z", lastModified: "2011-05-13T04:42:34.123Z" },
};

const cases: readonly (readonly [filter: string, matches: boolean])[] = [
  ['userName eq "bjensen@example.com"', true],
  ['USERNAME Eq "BJENSEN@EXAMPLE.COM"', true],
  ['userName eq "ｂjensen@example.com"', true],
  ['userName eq "bjensen"', false],
  ['userName ne "bjensen"', true],
  ['userName co "EXAMPLE"', true],
  ['userName sw "bj"', true],
  ['userName sw "jensen"', false],
  ['userName sw "bjensen@example.com "', false],
  ['userName ew ".COM"', true],
  ['userName gt "a"', true],
  ['userName lt "BK"', true],
  ['externalId eq "Bjensen"', true],
  ['externalId eq "bjensen"', false],
  ['externalId sw "b"', false],
  ['nickName eq "Babs"', false],
  ['nickName ne "Babs"', true],
  ['nickName gt ""', false],
  ["nickName pr", false],
  ["title pr", false],
  ["userName pr", true],
  ["emails pr", true],
  ["phoneNumbers pr", false],
  ["name pr", true],
  ["name.middleName pr", false],
  ["nickName eq null", true],
  ["userName eq null", false],
  ["userName ne null", true],
  ["emails eq null", false],
  ["active eq true", true],
  ["active ne true", false],
  ['name.familyName co "ens"', true],
  [`${userUrn}:name.familyName eq "jensen"`, true],
  [`${enterpriseUrn}:employeeNumber eq "701984"`, true],
  [`${enterpriseUrn}:manager.value eq "26118915"`, true],
  [`${enterpriseUrn}:department pr`, false],
  [`${enterpriseUrn} pr`, true],
  [`schemas eq "${enterpriseUrn}"`, true],
  ['emails eq "babs@jensen.org"', true],
  ['emails co "jensen.org"', true],
  ['emails.value co "nobody"', false],
  ['emails.type eq "home" and emails.primary eq true', true],
  ['emails[type eq "home" and primary eq true]', false],
  ['emails[type eq "work" and value co "@example.com"]', true],
  ['emails[not (type eq "work")]', true],
  ['emails[type eq "other" or value ew ".org"]', true],
  ['phoneNumbers[type eq "work"]', false],
  ['phoneNumbers[not (type eq "work")]', false],
  ['emails.type ne "work"', true],
  ["emails.display pr", false],
  ['emails.display ne "x"', true],
  ['x509Certificates.value eq "MIIDQzCC"', true],
  ['x509Certificates.value eq "miidqzcc"', false],
  ['meta.resourceType eq "User"', true],
  ['meta.created eq "2011-05-13T06:42:34+02:00"', true],
  ['meta.lastModified gt "2011-05-13T04:42:34Z"', true],
  ['meta.lastModified lt "2011-05-13T04:42:34.2Z"', true],
  ['meta.lastModified ge "2011-05-13T00:42:34.123-04:00"', true],
  ['meta.lastModified le "2011-05-13T04:42:34"', false],
  ['not (userName sw "a") and active eq true or nickName pr', true],
];

describe("filters over a resource, by RFC 7644 §3.4.2.2 table 3", () => {
  for (const [text, expected] of cases) {
    it(`${text} ${expected ? "matches" : "does not match"}`, () => {
      assert.equal(matches(resolve(text), barbara), expected);
    });
  }

  it("matches an attribute of any value in a simple multi-valued attribute, by `value` in brackets too", () => {
    const thing = { serial: "1", tags: ["red", "blue"], weight: 1.5, slots: 2 };
    const check = (text: string): boolean => matches(resolve(text, "rfc", device), thing);
    assert.deepEqual(
      ['tags eq "BLUE"', 'tags[value sw "r"]', 'tags[value eq "green"]', "weight gt 1", "slots le 1.5"].map(check),
      [true, true, false, true, false],
    );
  });

  it("does not trip over stored values of another type, or over names of Object.prototype", () => {
    const odd: ScimObject = { userName: 5, emails: "x", meta: ["y"], name: null };
    const check = (text: string): boolean => matches(resolve(text), odd);
    assert.deepEqual(
      ['userName eq "5"', 'userName ne "5"', 'emails.value eq "x"', "meta.created pr", "name.familyName pr"].map(check),
      [false, true, false, false, false],
    );
    assert.throws(() => resolve("constructor pr"), /No schema here defines the attribute constructor/);
    assert.throws(() => resolve("__proto__.toString pr"), /Expected an attribute path|No schema/);
  });

  it("negates: exactly one of a filter and its `not` matches", () => {
    const attribute = fc.constantFrom("userName", "nickName", "emails", "emails.type", "name.familyName");
    const op = fc.constantFrom("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le");
    fc.assert(
      fc.property(attribute, op, fc.string({ unit: "grapheme" }), (name, operator, value) => {
        fc.pre(!/[\0\p{Cs}]/u.test(value));
        const text = `${name} ${operator} ${JSON.stringify(value)}`;
        assert.equal(matches(resolve(text), barbara), !matches(resolve(`not (${text})`), barbara));
      }),
    );
  });
});

describe("filters bound to a schema", () => {
  function refused(text: string, scimType: ScimType, detail: RegExp, dialect: DialectName = "rfc"): void {
    assert.throws(
      () => resolve(text, dialect),
      (error) => error instanceof ScimRefusal && error.scimType === scimType && detail.test(error.message),
      text,
    );
  }

  it("row 34: refuses an unknown attribute in every dialect, naming it", () => {
    for (const dialect of ["rfc", "tolerant", "interop"] as const) {
      refused('favourite eq "x"', "invalidFilter", /attribute favourite/, dialect);
    }
    refused('emails[shade eq "x"]', "invalidFilter", /attribute shade/);
    refused('name.shade eq "x"', "invalidFilter", /attribute name\.shade/);
    refused('urn:example:none:userName eq "x"', "invalidFilter", /attribute urn:example:none:userName/);
  });

  it("refuses gt, ge, lt, le on boolean and binary (RFC 7644 §3.4.2.2)", () => {
    for (const op of ["gt", "ge", "lt", "le"]) {
      refused(`active ${op} true`, "invalidFilter", new RegExp(`operator ${op} does not apply to active`));
      refused(`x509Certificates.value ${op} "YQ=="`, "invalidFilter", /whose type is binary/);
    }
  });

  it("refuses co, sw, ew on what is no text, and an order of null", () => {
    refused('meta.created sw "2011"', "invalidFilter", /type is dateTime/);
    refused("active co true", "invalidFilter", /type is boolean/);
    refused("userName gt null", "invalidFilter", /does not apply to null/);
  });

  it("refuses a literal of another type", () => {
    refused("userName eq 5", "invalidFilter", /text in double quotes, not with 5/);
    refused("userName eq true", "invalidFilter", /text in double quotes/);
    refused('active eq "yes"', "invalidFilter", /true or false/, "tolerant");
    refused('meta.created gt "yesterday"', "invalidFilter", /date and time such as/);
    refused('meta.created gt "2011-05-13"', "invalidFilter", /date and time such as/);
    refused('meta.created gt "2011-13-45T04:42:34Z"', "invalidFilter", /date and time such as/);
  });

  it("refuses to tell of what is never returned (RFC 7644 §7.5.2)", () => {
    refused('password eq "secret"', "sensitive", /password is never returned/, "tolerant");
    refused("password pr", "sensitive", /password/);
    refused(`not (${userUrn}:password sw "a")`, "sensitive", /password/);
  });

  it("refuses a complex attribute without `value`, and brackets behind a sub-attribute or one value", () => {
    refused('name eq "x"', "invalidFilter", /name is complex: .* such as name\.\w+/, "tolerant");
    refused('addresses eq "x"', "invalidFilter", /addresses is complex/);
    refused('emails.value[type eq "work"]', "invalidFilter", /Write emails\[/);
    refused('name[familyName eq "x"]', "invalidFilter", /name has one value/);
  });

  it('row 22: takes "True" for a boolean where that is forgiven', () => {
    const forgiving = leniency("tolerant");
    const filter = resolveFilter(user, parseFilter('roles[primary eq "True"]', forgiving), forgiving);
    assert.equal(matches(filter, { roles: [{ value: "admin", primary: true }] }), true);
    assert.equal(matches(filter, { roles: [{ value: "admin", primary: false }] }), false);
    assert.deepEqual(forgiving.used, ["stringBoolean"]);
    refused('roles[primary eq "True"]', "invalidFilter", /true or false/);
  });

  it("takes Entra's reference check: manager by its bare name and without .value", () => {
    const text = 'id eq "2819c223-7f76-453a-919d-413861904646" and manager eq "26118915"';
    assert.equal(matches(resolve(text, "tolerant"), barbara), true);
    refused(text, "invalidFilter", /attribute manager/);
    refused(`${enterpriseUrn}:manager eq "26118915"`, "invalidFilter", /manager is complex/);
  });

  it("takes brackets behind one value as a filter over it, where that is forgiven", () => {
    assert.equal(matches(resolve('name[familyName eq "Jensen"]', "tolerant"), barbara), true);
    assert.equal(matches(resolve('name[familyName eq "Ng"]', "tolerant"), barbara), false);
  });

  it('takes Entra\'s emails[type eq "work"].value eq', () => {
    assert.equal(matches(resolve('emails[type eq "work"].value eq "bjensen@example.com"', "tolerant"), barbara), true);
    assert.equal(matches(resolve('emails[type eq "work"].value eq "babs@jensen.org"', "tolerant"), barbara), false);
  });

  it("writes a dateTime as its instant in UTC", () => {
    const filter = resolve('meta.created eq "2011-05-13T06:42:34+02:00"');
    assert.equal(filter.kind === "compare" && filter.value, "2011-05-13T04:42:34.000Z");
  });
});

describe("parseInstant", () => {
  it("reads every spelling of one moment as the same (RFC 7643 §2.3.5)", () => {
    const spellings = ["2008-01-23T04:56:22Z", "2008-01-23T04:56:22.000", "2008-01-23T06:26:22+01:30"];
    assert.deepEqual(new Set(spellings.map(parseInstant)), new Set([Date.UTC(2008, 0, 23, 4, 56, 22)]));
  });

  it("refuses what has no date, no time, or a month or hour that is none", () => {
    const wrong = ["", "2008-01-23", "04:56:22Z", "2008-13-01T00:00:00Z", "2008-01-01T25:00:00Z", "1201064182000"];
    assert.deepEqual(
      wrong.map(parseInstant),
      wrong.map(() => undefined),
    );
  });
});
