import assert from "node:assert/strict";
import * as fc from "fast-check";
import { leniency } from "../../src/scim/dialects.ts";
import { type Filter, parseFilter, parsePath } from "../../src/scim/filter.ts";
import { printFilter } from "../../src/scim/print.ts";
import { ScimRefusal } from "../../src/scim/types.ts";
import { anyFilter, filterFragments } from "./arbitraries.ts";

const parse = (text: string, dialect: "rfc" | "tolerant" = "rfc"): Filter => parseFilter(text, leniency(dialect));
const attr = (name: string, sub?: string, uri?: string) => ({ uri, name, sub });
const eq = (name: string, value: string): Filter => ({ kind: "compare", path: attr(name), op: "eq", value });

/** How many attribute expressions a filter holds. */
function expressionsIn(filter: Filter): number {
  if ("terms" in filter) return filter.terms.reduce((sum, term) => sum + expressionsIn(term), 0);
  return "filter" in filter ? expressionsIn(filter.filter) : 1;
}

function refused(text: string, detail: RegExp, dialect: "rfc" | "tolerant" = "rfc"): void {
  assert.throws(
    () => parse(text, dialect),
    (error) => error instanceof ScimRefusal && error.scimType === "invalidFilter" && detail.test(error.message),
    text,
  );
}

describe("the filter grammar of RFC 7644 §3.4.2.2", () => {
  const examples = [
    'userName eq "bjensen"',
    'name.familyName co "O\'Malley"',
    'userName sw "J"',
    'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"',
    "title pr",
    'meta.lastModified gt "2011-05-13T04:42:34Z"',
    'meta.lastModified ge "2011-05-13T04:42:34Z"',
    'meta.lastModified lt "2011-05-13T04:42:34Z"',
    'meta.lastModified le "2011-05-13T04:42:34Z"',
    'title pr and userType eq "Employee"',
    'title pr or userType eq "Intern"',
    'schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"',
    'userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")',
    'userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")',
    'userType eq "Employee" and (emails.type eq "work")',
    'userType eq "Employee" and emails[type eq "work" and value co "@example.com"]',
    'emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]',
  ];
  for (const example of examples) {
    it(`reads the RFC's example ${example}`, () => {
      assert.deepEqual(parse(printFilter(parse(example))), parse(example));
    });
  }

  it('binds "and" more than "or"', () => {
    const expected = { kind: "or", terms: [eq("a", "1"), { kind: "and", terms: [eq("b", "2"), eq("c", "3")] }] };
    assert.deepEqual(parse('a eq "1" or b eq "2" and c eq "3"'), expected);
  });

  it('binds "not" more than "and"', () => {
    const expected = { kind: "and", terms: [{ kind: "not", filter: eq("a", "1") }, eq("b", "2")] };
    assert.deepEqual(parse('not (a eq "1") and b eq "2"'), expected);
  });

  it("lets parentheses override precedence", () => {
    const expected = { kind: "and", terms: [{ kind: "or", terms: [eq("a", "1"), eq("b", "2")] }, eq("c", "3")] };
    assert.deepEqual(parse('(a eq "1" or b eq "2") and c eq "3"'), expected);
  });

  it("reads operators in any case", () => {
    assert.deepEqual(parse('NOT(a EQ "1") AND b Pr'), parse('not (a eq "1") and b pr'));
  });

  it('reads an attribute named "not" where no parenthesis follows', () => {
    assert.deepEqual(parse("not pr"), { kind: "present", path: attr("not") });
  });

  it("reads $ref as a sub-attribute", () => {
    assert.deepEqual(parse("members.$ref pr"), { kind: "present", path: attr("members", "$ref") });
  });

  it("row 17: ends a URN at its last colon, whatever dots it has", () => {
    const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    assert.deepEqual(parse(`${enterprise}:manager.value pr`), {
      kind: "present",
      path: attr("manager", "value", enterprise),
    });
    assert.deepEqual(parse("urn:acme:hr.v2.1:costCentre pr"), {
      kind: "present",
      path: attr("costCentre", undefined, "urn:acme:hr.v2.1"),
    });
  });

  it("reads every JSON literal as compValue", () => {
    const valueOf = (text: string): unknown => (parse(`a eq ${text}`) as { value?: unknown }).value;
    assert.equal(valueOf("true"), true);
    assert.equal(valueOf("False"), false);
    assert.equal(valueOf("null"), null);
    assert.equal(valueOf("-12.5e+2"), -1250);
    assert.equal(valueOf("-0"), 0);
    assert.equal(valueOf(String.raw`"\" \\ \/ \b \f \n \r \t \u00e9 \ud83d\ude00"`), '" \\ / \b \f \n \r \t é 😀');
  });

  it("row 36: keeps quotes, backslashes, +, %, & and brackets within a text", () => {
    const text = `a"b\\c+%&[x](y) and "`;
    assert.deepEqual(parse(`userName eq ${JSON.stringify(text)}`), eq("userName", text));
  });

  it("says what was expected and where", () => {
    refused("", /Expected an attribute name at character 1, found the end/);
    refused("userName", /Expected one of eq, .* at character 9, found the end/);
    refused("userName like 5", /Expected one of eq.* at character 10, found "like"/);
    refused("userName eq", /Expected a value.* at character 12/);
    refused("userName eq bob", /Expected a number.*double quotes at character 13, found "bob"/);
    refused('userName eq "bob', /character 12 on has no end/);
    refused(String.raw`userName eq "\x"`, /character 13 is not a JSON string/);
    refused(String.raw`userName eq "\u0000"`, /NUL/);
    refused(String.raw`userName eq "\ud800"`, /surrogate/);
    refused('userName eq "a" userName pr', /Expected "and", "or" or the end at character 17/);
    refused('(userName eq "a"', /Expected "and", "or" or "\)"/);
    refused('emails[type eq "work"', /Expected "and", "or" or "\]"/);
    refused('userName eq "a" and', /Expected an attribute name/);
    refused("a eq 01", /Expected a number/);
    refused("a eq 1e999", /Expected a number/);
    refused(':a eq "x"', /Expected an attribute path/);
    refused("name.familyName.x pr", /Expected an attribute path/);
    refused("9name pr", /Expected an attribute path/);
    refused("not not (a pr)", /Expected one of/);
    refused("userName\u00a0pr", /Expected an attribute path/);
  });

  it("refuses a valuePath in a valuePath (RFC 7643 §2.3.8)", () => {
    refused("emails[type[value pr]]", /values have no values of their own/);
  });

  it("refuses more than 8,192 characters and more than 32 levels of brackets, without reading them", () => {
    refused(`userName eq "${"a".repeat(9000)}"`, /at most 8192/);
    refused(`${"(".repeat(33)}a pr${")".repeat(33)}`, /at most 32 levels/);
    assert.deepEqual(parse(`${"(".repeat(32)}a pr${")".repeat(32)}`), parse("a pr"));
  });

  it("reads 32 attribute expressions, and refuses more with tooMany (RFC 7644 §3.12)", () => {
    const terms = (count: number): string[] => Array.from({ length: count }, () => "a pr");
    const filter = parse(terms(32).join(" or "));
    assert.equal(filter.kind === "or" && filter.terms.length, 32);
    const refusals = [
      terms(33).join(" or "),
      `not (${terms(20).join(" and ")}) or (${terms(13).join(" or ")})`,
      `b[${terms(30).join(" or ")}] and b[${terms(3).join(" and ")}]`,
    ];
    for (const text of refusals) {
      const isTooMany = (error: unknown): boolean =>
        error instanceof ScimRefusal && error.scimType === "tooMany" && /More than 32/.test(error.message);
      assert.throws(() => parse(text), isTooMany, text);
    }
  });

  it("reads any number of them in a PATCH path, which is asked of one resource", () => {
    const terms = Array.from({ length: 200 }, (_, index) => `value eq "${index}"`);
    const { filter } = parsePath(`members[${terms.join(" or ")}]`, leniency("rfc"));
    assert.equal(filter?.kind === "or" && filter.terms.length, 200);
  });

  it('reads Entra\'s emails[type eq "work"].value eq "x" as one valuePath, in the tolerant dialect alone', () => {
    const forgiving = leniency("tolerant");
    const filter = parseFilter('emails[type eq "work"].value eq "x"', forgiving);
    const inner = { kind: "and", terms: [eq("type", "work"), eq("value", "x")] };
    assert.deepEqual(filter, { kind: "valuePath", path: attr("emails"), filter: inner });
    assert.deepEqual(forgiving.used, ["filterOnValuePathSubAttribute"]);
    refused('emails[type eq "work"].value eq "x"', /Expected "and", "or" or the end at character 23/);
    refused('emails[type eq "work"].value.x eq "x"', /sub-attribute/, "tolerant");
  });

  it("reads what it prints as the same tree", () => {
    const readable = anyFilter.filter((filter) => expressionsIn(filter) <= 32);
    fc.assert(fc.property(readable, (filter) => assert.deepEqual(parse(printFilter(filter)), filter)));
  });

  it("never throws anything but invalidFilter, whatever the text", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), filterFragments);
    const read = (parser: (text: string) => unknown, scimType: string, input: string): void => {
      try {
        parser(input);
      } catch (error) {
        assert.ok(error instanceof ScimRefusal && error.scimType === scimType, String(error));
      }
    };
    fc.assert(
      fc.property(text, (input) => {
        read((it) => parse(it, "tolerant"), "invalidFilter", input);
        read((it) => parsePath(it, leniency("tolerant")), "invalidPath", input);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the PATCH path grammar of RFC 7644 §3.5.2 figure 7", () => {
  const path = (text: string) => parsePath(text, leniency("rfc"));
  const work = { kind: "compare", path: attr("type"), op: "eq", value: "work" };

  it("reads the RFC's examples", () => {
    assert.deepEqual(path("members"), { path: attr("members"), filter: undefined, sub: undefined });
    assert.deepEqual(path("name.familyName"), { path: attr("name", "familyName"), filter: undefined, sub: undefined });
    assert.deepEqual(path('addresses[type eq "work"]'), { path: attr("addresses"), filter: work, sub: undefined });
    assert.deepEqual(path('members[type eq "work"].displayName'), {
      path: attr("members"),
      filter: work,
      sub: "displayName",
    });
  });

  for (const wrong of [
    "",
    "a.b.c",
    "a[",
    "a[]",
    'a[b eq "c"',
    'a[b eq "c"]d',
    'a[b eq "c"].d.e',
    "a b",
    "[a pr]",
    ".a",
  ]) {
    it(`refuses ${JSON.stringify(wrong)} as invalidPath`, () => {
      assert.throws(
        () => path(wrong),
        (error) => error instanceof ScimRefusal && error.scimType === "invalidPath",
      );
    });
  }
});
