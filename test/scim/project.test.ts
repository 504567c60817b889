import assert from "node:assert/strict";
import * as fc from "fast-check";
import { type DialectName, leniency } from "../../src/scim/dialects.ts";
import { defaultSelection, type Names, project, selection, wants } from "../../src/scim/project.ts";
import type { ResourceType } from "../../src/scim/registry.ts";
import { type ScimObject, ScimRefusal } from "../../src/scim/types.ts";
import { validate } from "../../src/scim/validate.ts";
import { device, deviceUrn, enterpriseUrn, group, labelUrn, user, userUrn } from "./fixtures.ts";

const ana: ScimObject = {
  schemas: [userUrn, enterpriseUrn],
  id: "1",
  externalId: "E",
  meta: { resourceType: "User", created: "2026-01-31T09:00:00Z" },
  userName: "ana",
  name: { givenName: "Ana", familyName: "Lima" },
  emails: [{ value: "a@b.c", type: "work", primary: true }, { type: "home" }],
  [enterpriseUrn]: { department: "HR", manager: { value: "m", displayName: "M" } },
};
const box: ScimObject = {
  schemas: [deviceUrn, labelUrn],
  id: "2",
  serial: "S",
  secret: "x",
  log: "l",
  seal: "s",
  owner: { value: "o", pin: "1234" },
  [labelUrn]: { text: "t", mark: "m", color: "red" },
};

const show = (
  type: ResourceType,
  resource: ScimObject,
  attributes: Names,
  excluded?: Names,
  dialect: DialectName = "rfc",
): ScimObject => project(selection(type, attributes, excluded, leniency(dialect)), resource);

describe("projection by `returned` (RFC 7643 §2.2)", () => {
  it("without a selection shows always and default, never `never` nor `request`, at every depth", () => {
    const { secret: _, log: __, ...rest } = box;
    assert.deepEqual(show(device, box, undefined), { ...rest, owner: { value: "o" } });
  });

  it("without anything to leave out gives the very same object", () => {
    assert.equal(project(defaultSelection(user), ana), ana);
    assert.equal(show(user, ana, ""), ana);
    assert.equal(show(user, ana, undefined, []), ana);
  });

  it("never shows `never`, by whatever name it is asked for", () => {
    for (const name of ["password", "PASSWORD", `${userUrn}:password`]) {
      assert.equal(show(user, { ...ana, password: "x" }, name)["password"], undefined);
    }
    for (const names of ["secret,owner.pin", "owner", ["owner.pin", "owner"]]) {
      assert.ok(!JSON.stringify(show(device, box, names)).includes("1234"));
    }
  });

  it("shows `request` only if asked for by name", () => {
    assert.equal(show(device, box, "log")["log"], "l");
    assert.equal(show(device, box, undefined, "serial")["log"], undefined);
  });

  it("shows `always` even if excluded, and inside an extension that was not asked for", () => {
    const shown = show(device, box, undefined, `id,schemas,seal,${labelUrn}`);
    assert.deepEqual([shown["id"], shown["seal"], shown[labelUrn]], ["2", "s", { mark: "m" }]);
    assert.deepEqual(show(device, box, "serial"), {
      schemas: box["schemas"],
      id: "2",
      serial: "S",
      seal: "s",
      [labelUrn]: { mark: "m" },
    });
  });
});

describe("attributes and excludedAttributes (RFC 7644 §3.9)", () => {
  const base = { schemas: ana["schemas"], id: "1" };

  it("show only what is named, whatever its case, and `id` and `schemas`", () => {
    assert.deepEqual(show(user, ana, "USERNAME, name.givenname"), {
      ...base,
      userName: "ana",
      name: { givenName: "Ana" },
    });
    assert.deepEqual(show(user, ana, ["userName", "emails.value"]), {
      ...base,
      userName: "ana",
      emails: [{ value: "a@b.c" }],
    });
  });

  it("take names qualified by the URN of base schema or extension, and the extension itself", () => {
    assert.deepEqual(show(user, ana, `${userUrn}:name.familyName`), { ...base, name: { familyName: "Lima" } });
    assert.deepEqual(show(user, ana, `${enterpriseUrn}:manager.value`), {
      ...base,
      [enterpriseUrn]: { manager: { value: "m" } },
    });
    assert.deepEqual(show(user, ana, enterpriseUrn.toLowerCase()), { ...base, [enterpriseUrn]: ana[enterpriseUrn] });
    assert.equal(show(user, ana, undefined, enterpriseUrn)[enterpriseUrn], undefined);
    assert.deepEqual(show(user, ana, undefined, `${enterpriseUrn}:manager`)[enterpriseUrn], { department: "HR" });
  });

  it("show an attribute whole that is named whole and in part, in either order", () => {
    for (const names of ["name,name.givenName", "name.givenName,name"]) {
      assert.deepEqual(show(user, ana, names)["name"], ana["name"]);
    }
  });

  it("leave out what is excluded, also in part; an emptied value goes altogether", () => {
    const shown = show(user, ana, undefined, "emails.value,emails.primary,meta,name.givenName,name.familyName");
    assert.deepEqual(shown["emails"], [{ type: "work" }, { type: "home" }]);
    assert.equal(shown["meta"], undefined);
    assert.ok(!("name" in shown));
  });

  it("find an extension's attribute by its bare name (Entra ID: attributes=manager), but not by the letter", () => {
    const forgiving = leniency("tolerant");
    const selected = selection(user, "id,manager", undefined, forgiving);
    assert.deepEqual(project(selected, ana), {
      ...base,
      [enterpriseUrn]: { manager: { value: "m", displayName: "M" } },
    });
    assert.deepEqual(forgiving.used, ["unqualifiedExtensionAttribute"]);
    assert.deepEqual(show(user, ana, "manager", undefined, "rfc"), base);
  });

  it("ignore names that mean nothing; if none means anything, the minimum is shown", () => {
    assert.deepEqual(show(user, ana, "nope,__proto__,name.nope,,constructor"), base);
    assert.equal(show(user, ana, undefined, "nope"), ana);
  });

  it("exclude each other", () => {
    assert.throws(
      () => show(user, ana, "id", "name"),
      (error: unknown) => error instanceof ScimRefusal && error.scimType === "invalidValue",
    );
  });

  it("row 30: tell before loading whether members are wanted", () => {
    const asks = (attributes: Names, excluded?: Names): boolean =>
      wants(selection(group, attributes, excluded, leniency("rfc")), "members");
    assert.deepEqual(
      [asks(undefined), asks("members"), asks("members.value"), asks("displayName"), asks(undefined, "MEMBERS")],
      [true, true, true, false, false],
    );
  });

  it("never change the resource; what is shown is part of it and valid by its own schema (row 48)", () => {
    const name = fc.constantFrom(...user.paths.keys(), "nope", "manager");
    const names = fc.array(name, { maxLength: 6 });
    fc.assert(
      fc.property(names, fc.boolean(), (list, exclude) => {
        const before = structuredClone(ana);
        const shown = exclude ? show(user, ana, undefined, list) : show(user, ana, list);
        assert.deepEqual(ana, before);
        validate(user, { ...shown, userName: "ana" });
        for (const [key, value] of Object.entries(shown)) {
          assert.ok(key in ana && JSON.stringify(value).length <= JSON.stringify(ana[key]).length);
        }
        assert.deepEqual([shown["id"], shown["schemas"]], [ana["id"], ana["schemas"]]);
      }),
    );
  });

  it("part a resource in two: what is asked for and what is excluded by the same names", () => {
    const name = fc.constantFrom("userName", "name.givenName", "emails.value", "emails", `${enterpriseUrn}:manager`);
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1 }), (list) => {
        const leaves = (value: unknown): number =>
          typeof value === "object" && value !== null
            ? Object.values(value).reduce<number>((sum, part) => sum + leaves(part), 0)
            : 1;
        const always = leaves({ schemas: ana["schemas"], id: "1" });
        assert.equal(leaves(show(user, ana, list)) + leaves(show(user, ana, undefined, list)), leaves(ana) + always);
      }),
    );
  });
});
