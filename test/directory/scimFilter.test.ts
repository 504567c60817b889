import assert from "node:assert/strict";
import type { Member } from "../../src/directory/members/member.ts";
import { listDirectories } from "../../src/directory/directories/directories.ts";
import { memberColumns } from "../../src/directory/directories/scimFilterColumns.store.ts";
import { compileFilter } from "../../src/directory/directories/scimFilter.store.ts";
import { pageOf } from "../../src/directory/directories/scimList.store.ts";
import { groupSource } from "../../src/directory/directories/scimSources.store.ts";
import { createScimGroup } from "../../src/directory/directories/scimGroups.ts";
import { leniency } from "../../src/scim/dialects.ts";
import { parseFilter } from "../../src/scim/filter.ts";
import { defaultSelection } from "../../src/scim/project.ts";
import { resolveFilter } from "../../src/scim/resolve.ts";
import type { ScimObject } from "../../src/scim/types.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import type { Who } from "../../src/storage/types.ts";
import { device, enterpriseUrn, group, user } from "../scim/fixtures.ts";
import { testDatabase } from "../support/database.ts";
import {
  addMember,
  badgeUrn,
  baseUrl,
  bothReadings,
  filterOf,
  listedMembers,
  listWho,
  newWho,
} from "./scimFilterWorld.ts";

const now = new Date("2011-05-13T04:42:34.123Z");

/** The members, in the order of their letters. */
const people: readonly (readonly [letter: string, scim: ScimObject])[] = [
  [
    "a",
    {
      userName: "Anna@Example.com",
      externalId: "A-1",
      name: { givenName: "Anna", familyName: "Ångström" },
      title: "100%_\\'\"",
      emails: [
        { value: "anna@example.com", type: "work", primary: true },
        { value: "anna@home.example.org", type: "home", primary: false },
      ],
      x509Certificates: [{ value: "MIIDQzCC" }],
      [enterpriseUrn]: { employeeNumber: "0042", manager: { value: "26118915" } },
      [badgeUrn]: { issued: "2011-05-12T23:12:34-05:30", weight: 1.5, level: 2, lost: false, tags: ["Red", "blue"] },
    },
  ],
  ["b", { userName: " bob ", nickName: "", active: true, emails: [], [badgeUrn]: { weight: 0, scores: [1, 5] } }],
  ["c", { userName: "ΟΔΥΣΣΕΥΣ", externalId: "", title: "Ω\u0342", nickName: "\u{10000}", name: { givenName: "İda" } }],
  ["d", { userName: "dave", externalId: "a-1", title: "\uffff", emails: [{ type: "work" }], [badgeUrn]: { level: 3 } }],
];

/** Filter, and the letters of those who match. */
const cases: readonly (readonly [filter: string, who: string])[] = [
  // eq, ne
  ['userName eq "ANNA@example.COM"', "a"],
  ['userName eq "Anna@Example.com "', "a"],
  ['userName eq "bob"', "b"],
  ['userName eq ""', ""],
  ['userName ne "bob"', "acd"],
  ['not (userName eq "bob")', "acd"],
  ['externalId eq "A-1"', "a"],
  ['externalId eq "a-1"', "d"],
  ['externalId ne "A-1"', "bcd"],
  ['not (externalId eq "A-1")', "bcd"],
  ['externalId eq ""', "c"],
  ['not (externalId eq "")', "abd"],
  ['not (externalId sw "A")', "bcd"],
  // co, sw, ew: no operand is a pattern
  ['title co "%_\\\\"', "a"],
  ['title co "_%"', ""],
  ['title ew "%"', ""],
  ['title ew "\\\\\'\\""', "a"],
  ['title ew "_\'"', ""],
  ['title sw "100%_"', "a"],
  ['title sw "1__"', ""],
  ['title co ""', "acd"],
  ['title sw ""', "acd"],
  ['title ew ""', "acd"],
  ['userName sw "bob"', ""],
  ['userName sw " BOB"', "b"],
  ['userName sw " bob  "', ""],
  ['userName ew "SES "', ""],
  ['userName sw "anna@"', "a"],
  ['externalId sw "a"', "d"],
  ['externalId sw "x\' or true --"', ""],
  // one letter, one form, wherever it stands
  ['userName eq "οδυσσευς"', "c"],
  ['userName eq "οδυσσευσ"', "c"],
  ['userName sw "οδυς"', "c"],
  ['userName ew "Σ"', "c"],
  ['name.familyName eq "ÅNGSTRÖM"', "a"],
  ['name.familyName eq "A\u030angstro\u0308m"', "a"],
  ['name.familyName sw "a"', ""],
  ['name.givenName sw "i"', "c"],
  ['name.givenName co "\u0307"', "c"],
  ['title co "\u0342"', ""],
  ['title eq "ῶ"', "c"],
  // orders: of code points, numbers and instants
  ['nickName gt "\uffff"', "c"],
  ['title lt "\u{10000}"', "acd"],
  ['title gt "ῶ"', "d"],
  ['userName ge "dave"', "cd"],
  ['userName gt "dave"', "c"],
  ['userName le "anna@example.com"', "ab"],
  [`${badgeUrn}:weight gt 0`, "a"],
  [`${badgeUrn}:weight ge 0.0`, "ab"],
  [`${badgeUrn}:weight eq 15e-1`, "a"],
  [`${badgeUrn}:weight lt 1e300`, "ab"],
  [`${badgeUrn}:level le 2`, "a"],
  [`${badgeUrn}:level ne 2`, "bcd"],
  [`${badgeUrn}:issued eq "2011-05-13T04:42:34Z"`, "a"],
  [`${badgeUrn}:issued eq "2011-05-13T06:42:34.0004+02:00"`, "a"],
  [`${badgeUrn}:issued lt "2011-05-13T04:42:34.001Z"`, "a"],
  [`${badgeUrn}:issued ne "2011-05-13T04:42:34Z"`, "bcd"],
  ['meta.created eq "2011-05-13T06:42:34.123+02:00"', "abcd"],
  ['meta.created gt "2011-05-13T04:42:34.122Z"', "abcd"],
  ['meta.lastModified gt "2011-05-13T04:42:34.123Z"', ""],
  ['meta.lastModified ne "2011-05-13T04:42:34.123Z"', ""],
  ['meta.created lt "9999-12-31T23:59:59-14:00"', "abcd"],
  ['meta.created gt "0000-01-01T00:00:00+05:00"', "abcd"],
  // presence
  ["title pr", "acd"],
  ["nickName pr", "c"],
  ["externalId pr", "ad"],
  ["not (externalId pr)", "bc"],
  ["externalId eq null", "bc"],
  ["emails pr", "ad"],
  ["emails.value pr", "a"],
  ["name pr", "ac"],
  [`${badgeUrn}:weight pr`, "ab"],
  [`${badgeUrn}:lost pr`, "a"],
  [`${enterpriseUrn} pr`, "a"],
  ["meta pr", "abcd"],
  ["groups pr", ""],
  // booleans, binary
  ["active eq false", "d"],
  ["active ne false", "abc"],
  ["not (active eq true)", "d"],
  [`${badgeUrn}:lost eq false`, "a"],
  [`${badgeUrn}:lost ne true`, "abcd"],
  ['x509Certificates.value eq "MIIDQzCC"', "a"],
  ['x509Certificates.value eq "miidqzcc"', ""],
  // many values
  ['emails eq "ANNA@home.example.org"', "a"],
  ['emails.type eq "home" and emails.primary eq true', "a"],
  ['emails[type eq "home" and primary eq true]', ""],
  ['emails[type eq "work" and value ew "@example.com"]', "a"],
  ["emails[not (value pr)]", "d"],
  ['emails[type ne "work"]', "a"],
  ['emails.type ne "work"', "abc"],
  ['not (emails[type eq "work"])', "bc"],
  ['emails[value ne "x"]', "ad"],
  [`${badgeUrn}:tags eq "RED"`, "a"],
  [`${badgeUrn}:tags ne "red"`, "abcd"],
  [`not (${badgeUrn}:tags eq "red")`, "bcd"],
  [`${badgeUrn}:tags[value sw "b" and not (value ew "x")]`, "a"],
  [`${badgeUrn}:scores gt 4`, "b"],
  [`${badgeUrn}:scores[value gt 1 and value lt 5]`, ""],
  // one value in brackets, as the tolerant dialect takes it
  ['name[givenName eq "anna" and familyName pr]', "a"],
  ['meta[resourceType eq "User" and created lt "2020-01-01T00:00:00Z"]', "abcd"],
  ["active[value eq false]", "d"],
  ['id[value sw "no"]', ""],
  // extensions, schemas, meta
  [`${enterpriseUrn}:employeeNumber sw "00"`, "a"],
  [`${enterpriseUrn}:manager.value eq "26118915"`, "a"],
  ['manager eq "26118915"', "a"],
  [`schemas eq "${enterpriseUrn}"`, "a"],
  [`schemas ne "${user.schema}"`, "abd"],
  [`not (schemas eq "${enterpriseUrn}")`, "bcd"],
  ['schemas[value co "core:2.0:User"]', "abcd"],
  ['meta.resourceType eq "User"', "abcd"],
  ['meta.version eq "W/\\"1\\""', "abcd"],
  [`meta.location sw "${baseUrl}/Users/"`, "abcd"],
  // id
  ['id eq "2819c223-7f76-453a-919d-413861904646"', ""],
  ['not (id eq "not a UUID")', "abcd"],
  ['id ne "not a UUID"', "abcd"],
  ["id pr", "abcd"],
  // precedence
  ['not (userName sw "a") and active eq true or nickName pr', "bc"],
  ['title pr and (userName eq "dave" or externalId eq "A-1")', "ad"],
];

describe("a filter in SQL (RFC 7644 §3.4.2.2)", () => {
  let who: Who;
  const members: Member[] = [];
  before(async () => {
    who = await newWho(now);
    for (const [letter, scim] of people) members.push(await addMember(who, scim, letter !== "d"));
  });

  const lettersOf = (ids: readonly string[]): string =>
    people.flatMap(([letter], index) => (ids.includes(members[index]?.id ?? "") ? letter : [])).join("");

  for (const [text, expected] of cases) {
    it(`${text} finds ${expected === "" ? "nobody" : expected}`, async () => {
      const readings = await bothReadings(who, members, filterOf(text));
      assert.equal(lettersOf(readings.found), expected);
      assert.deepEqual(readings.found, readings.expected);
    });
  }

  it("finds by id in its own spelling alone, and by what is built on it", async () => {
    const id = members[0]?.id ?? "";
    const find = async (text: string): Promise<string> =>
      lettersOf((await bothReadings(who, members, filterOf(text))).found);
    assert.equal(await find(`id eq "${id}"`), "a");
    assert.equal(await find(`not (id eq "${id}")`), "bcd");
    assert.equal(await find(`id eq "${id.toUpperCase()}"`), "");
    assert.equal(await find(`id ew "${id.slice(9)}"`), "a");
    assert.equal(await find(`meta.location eq "${baseUrl}/Users/${id}"`), "a");
  });

  it("lets no name pass that the type's schemas do not have", () => {
    const forgiving = leniency("rfc");
    const foreign = resolveFilter(device, parseFilter('serial eq "1"', forgiving), forgiving);
    assert.throws(
      () => compileFilter(user, foreign, memberColumns(user, baseUrl), String),
      /no schema has serial here/,
    );
  });

  it("names the look-ups alone, so that only they are prepared", () => {
    const window = { kind: "offset", offset: 0, count: 1 } as const;
    const nameOf = (text: string): string | undefined =>
      pageOf(listWho(who), listedMembers(filterOf(text)), window, defaultSelection(user)).name;
    const named = ['userName eq "a"', 'externalId eq "a"', 'id eq "a"'];
    assert.deepEqual(named.map(nameOf), ["user_page_user_name_key", "user_page_external_id", "user_page_id"]);
    const unnamed = [
      'userName eq " "',
      'userName sw "a"',
      'title eq "a"',
      'userName eq "a" and title pr',
      'name[givenName eq "a"]',
    ];
    assert.deepEqual(
      unnamed.map(nameOf),
      unnamed.map(() => undefined),
    );
  });

  it("bears a filter as long and as deep as the grammar takes", async () => {
    const deep = `${"not (".repeat(31)}title pr${")".repeat(31)}`;
    assert.equal(lettersOf((await bothReadings(who, members, filterOf(deep))).found), "b");
    const long = Array.from({ length: 32 }, () => 'title eq "x"').join(" or ");
    assert.equal(lettersOf((await bothReadings(who, members, filterOf(long))).found), "");
  });
});

describe("a filter over Groups in SQL", () => {
  it("finds by name, members and their absence", async () => {
    const who = await newWho(now);
    const db = await testDatabase();
    const member = await addMember(who, { userName: "ada", displayName: "Ada" });
    const { items } = await listDirectories(db, who, { limit: 1, place: undefined });
    const directoryId = items[0]?.id ?? "";
    const directory = { ...who, directoryId };
    const staff = await createScimGroup(db, directory, { displayName: "Staff" }, [member.id], undefined);
    const empty = await createScimGroup(db, directory, { displayName: "Empty", externalId: "e" }, [], undefined);
    const names = new Map([
      [staff.group.id, "Staff"],
      [empty.group.id, "Empty"],
    ]);
    const find = async (text: string): Promise<string[]> => {
      const forgiving = leniency("tolerant");
      const filter = resolveFilter(group, parseFilter(text, forgiving), forgiving);
      const listed = { source: groupSource(group, baseUrl), filter, sort: null };
      const window = { kind: "offset", offset: 0, count: 10 } as const;
      const [rows] = await onceInTenant(db, who, pageOf(directory, listed, window, defaultSelection(group)));
      return rows.map(({ id }) => names.get(id) ?? id).toSorted();
    };
    assert.deepEqual(await find('displayName eq "STAFF"'), ["Staff"]);
    assert.deepEqual(await find('displayName sw "s" or externalId eq "e"'), ["Empty", "Staff"]);
    assert.deepEqual(await find(`members eq "${member.id}"`), ["Staff"]);
    assert.deepEqual(await find(`not (members.value eq "${member.id}")`), ["Empty"]);
    assert.deepEqual(await find('members.value eq "nobody"'), []);
    assert.deepEqual(await find(`id eq "${staff.group.id}" and members eq "${member.id}"`), ["Staff"]);
    assert.deepEqual(await find(`members[value eq "${member.id}" and display sw "AD" and type eq "User"]`), ["Staff"]);
    assert.deepEqual(await find(`members.$ref eq "${baseUrl}/Users/${member.id}"`), ["Staff"]);
    assert.deepEqual(await find("members pr"), ["Staff"]);
    assert.deepEqual(await find("not (members pr)"), ["Empty"]);
    assert.deepEqual(await find('members.value ne "x"'), ["Empty", "Staff"]);
    assert.deepEqual(await find(`meta.location eq "${baseUrl}/Groups/${empty.group.id}"`), ["Empty"]);
  });
});
