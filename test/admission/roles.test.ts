import assert from "node:assert/strict";
import * as fc from "fast-check";
import { isAdminEquivalent, isPermission, mayGrant, permits } from "../../src/admission/permissions.ts";
import { areas, checkDeclared, verbs } from "../../src/admission/permissions.ts";
import {
  builtInCatalogue,
  checkMayGrant,
  checkRole,
  checkRolesExist,
  permissionsOf,
  roleCatalogue,
} from "../../src/admission/roles.ts";
import type { Role } from "../../src/admission/types.ts";
import { isRefusal } from "../../src/base/errors.ts";

const role = (slug: string, some: Partial<Role> = {}): Role => ({
  slug,
  name: slug,
  permissions: [],
  extends: null,
  seatRequired: false,
  template: false,
  ...some,
});

const refusedAt = (path: string, words: RegExp) => (error: unknown) =>
  isRefusal(error, "invalid_request") && error.errors.some((fault) => fault.path === path) && words.test(error.message);

describe("permissions", () => {
  const cases: readonly [string[], string, boolean][] = [
    [["*"], "tickets:view", true],
    [["members:manage"], "members:delete", true],
    [["members:manage"], "members:export", true],
    [["members:manage"], "roles:view", false],
    [["members:view"], "members:edit", false],
    [["members:view"], "members:manage", false],
    [["members:view"], "*", false],
    [["members:manage"], "*", false],
    [["tickets:manage"], "tickets:close", true],
    [["member:manage"], "members:view", false],
    [["agents:view"], "agents:view@a1", true],
    [["agents:manage"], "agents:view@a1", true],
    [["agents:manage@a1"], "agents:view@a1", true],
    [["agents:view@a1"], "agents:view@a1", true],
    [["agents:view@a1"], "agents:view@a2", false],
    [["agents:view@a1"], "agents:edit@a1", false],
    [["agents:view@a1"], "agents:view", false],
    [["agents:manage@a1"], "agents:view", false],
    [["*"], "agents:view@a1", true],
    [[":manage"], ":view", false],
    [[], "contact:view", false],
  ];
  for (const [held, needed, expected] of cases) {
    it(`[${held.join()}] ${expected ? "permits" : "does not permit"} ${needed}`, () => {
      assert.equal(permits(held, needed), expected);
    });
  }

  it("an application's own areas are permissions; other forms are not", () => {
    for (const text of ["*", "tickets:close", "voiceAgents:edit"]) assert.ok(isPermission(text), text);
    for (const text of ["", "**", "members", "members:", ":view", "a:b:c", "Members:view", "a b:c", "a:*", "a:b\n"])
      assert.ok(!isPermission(text), JSON.stringify(text));
  });

  it("rule 16: a grant needs all that the role has", () => {
    assert.ok(mayGrant(["members:manage", "contact:view"], ["members:edit", "contact:view"]));
    assert.ok(!mayGrant(["members:manage"], ["members:edit", "contact:view"]));
    assert.ok(!mayGrant(["members:manage"], ["*"]));
    assert.ok(mayGrant(["*"], ["*"]));
    assert.ok(mayGrant([], []));
  });

  it("rule 16: nobody gains by granting: what the granted permit, the granter is permitted", () => {
    const permission = fc.oneof(
      fc.constant("*"),
      fc.tuple(fc.constantFrom(...areas), fc.constantFrom(...verbs)).map((parts) => parts.join(":")),
    );
    fc.assert(
      fc.property(fc.array(permission), fc.array(permission), permission, (held, granted, needed) => {
        if (mayGrant(held, granted) && permits(granted, needed)) assert.ok(permits(held, needed));
      }),
    );
  });

  it("rule 16: connections, SCIM tokens, domains, mappings and API keys are admin-equivalent, looking is not", () => {
    for (const area of ["connections", "scimTokens", "domains", "mappings", "apiKeys"]) {
      assert.ok(isAdminEquivalent(`${area}:manage`) && isAdminEquivalent(`${area}:create`), area);
      assert.ok(!isAdminEquivalent(`${area}:view`), area);
    }
    assert.ok(isAdminEquivalent("*"));
    assert.ok(!isAdminEquivalent("members:manage"));
  });
});

describe("S1.16 S1.17 declared permissions", () => {
  const declared = new Map([["crm", { name: "CRM", actions: ["view", "export"], scoped: false }]]);

  it("are Usher's own and those of the applications", () => {
    checkDeclared(["*", "members:view", "roles:manage", "crm:view", "crm:export"], declared, "/permissions");
    checkDeclared([], new Map(), "/permissions");
  });

  for (const permission of [
    "crm:delete",
    "crm:manage",
    "tickets:view",
    "members:fly",
    "crm",
    "crm:",
    ":view",
    "",
    "crm:view@a",
  ]) {
    it(`do not include ${JSON.stringify(permission)}, which is refused with its path`, () => {
      const list = ["crm:view", permission];
      assert.throws(() => checkDeclared(list, declared, "/permissions"), refusedAt("/permissions/1", /\S/));
    });
  }

  it("each that is not is told", () => {
    assert.throws(
      () => checkDeclared(["a:view", "crm:view", "constructor:view"], declared, ""),
      (error) => isRefusal(error, "invalid_request") && error.errors.map(({ path }) => path).join() === "/0,/2",
    );
  });
});

describe("roles", () => {
  it("admin may do everything, member and viewer see the contact, viewer needs no seat", () => {
    assert.deepEqual(permissionsOf(builtInCatalogue, ["admin"]), ["*"]);
    for (const slug of ["member", "viewer"])
      assert.ok(permits(permissionsOf(builtInCatalogue, [slug]), "contact:view"));
    assert.deepEqual(
      [...builtInCatalogue.values()].filter((one) => one.seatRequired).map((one) => one.slug),
      ["admin", "member"],
    );
  });

  it("a tenant without roles of its own has the built-in ones", () => {
    assert.equal(roleCatalogue([]), builtInCatalogue);
  });

  it("a role has the permissions of what it extends, and needs a seat if that does", () => {
    const roles = roleCatalogue([
      role("chief", { extends: "agent", permissions: ["teams:edit"] }),
      role("agent", { extends: "member", permissions: ["tickets:view"] }),
      role("guest", { extends: "viewer" }),
    ]);
    assert.deepEqual([...(roles.get("chief")?.permissions ?? [])].sort(), [
      "contact:view",
      "teams:edit",
      "tickets:view",
    ]);
    assert.equal(roles.get("chief")?.seatRequired, true);
    assert.equal(roles.get("guest")?.seatRequired, false);
  });

  it("an heir of admin may do everything", () => {
    assert.ok(permits(permissionsOf(roleCatalogue([role("owner", { extends: "admin" })]), ["owner"]), "settings:edit"));
  });

  it("S0.14 refuses inheritance in a circle, and tells the way round", () => {
    const others = [role("b", { extends: "c" }), role("c", { extends: "a" })];
    assert.throws(() => checkRole(role("a", { extends: "b" }), others), refusedAt("/extends", /'a' → 'b' → 'c' → 'a'/));
    assert.throws(() => checkRole(role("a", { extends: "a" }), []), refusedAt("/extends", /'a' → 'a'/));
  });

  it("refuses a line of more than eight, be the role its end or in its middle", () => {
    const line = Array.from({ length: 8 }, (_, i) => role(`r${i}`, { extends: i === 0 ? null : `r${i - 1}` }));
    checkRole(line[7] ?? role("none"), line.slice(0, 7));
    assert.throws(
      () => checkRole(role("r8", { extends: "r7" }), line),
      refusedAt("/extends", /more than 7 roles in a line/),
    );
    const [, ...rest] = line;
    assert.throws(() => checkRole(role("r0", { extends: "member" }), rest), refusedAt("/extends", /more than 7 roles/));
  });

  const impossible: readonly (readonly [what: string, role: Role, path: string, words: RegExp])[] = [
    ["an unknown parent", role("a", { extends: "ghost" }), "/extends", /'ghost', which does not exist/],
    ["a name of an object's own", role("a", { extends: "__proto__" }), "/extends", /which does not exist/],
    ["a built-in slug", role("member"), "/slug", /'member' is built in/],
    ["a role that extends a template", role("a", { extends: "crm" }), "/extends", /roles extend roles/],
    [
      "a template that extends a role",
      role("a", { extends: "member", template: true }),
      "/extends",
      /templates extend/,
    ],
  ];
  for (const [what, one, path, words] of impossible) {
    it(`refuses ${what}`, () => {
      assert.throws(() => checkRole(one, [role("crm", { template: true })]), refusedAt(path, words));
    });
  }

  it("never lets a stored role take the place of a built-in one", () => {
    const roles = roleCatalogue([role("viewer", { permissions: ["*"], seatRequired: true })]);
    assert.deepEqual(roles.get("viewer"), builtInCatalogue.get("viewer"));
  });

  it("any acyclic inheritance keeps each ancestor's permissions and need of a seat", () => {
    const chain = fc.array(fc.record({ up: fc.nat(), seat: fc.boolean() }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(chain, (links) => {
        const custom = links.map(({ up, seat }, index) =>
          role(`r${index}`, {
            extends: index === 0 ? null : `r${up % index}`,
            seatRequired: seat,
            permissions: [`area:v${index}`],
          }),
        );
        const roles = roleCatalogue(custom);
        for (const one of custom) {
          const mine = roles.get(one.slug);
          const parent = one.extends === null ? undefined : roles.get(one.extends);
          for (const permission of parent?.permissions ?? []) assert.ok(mine?.permissions.includes(permission));
          assert.equal(mine?.seatRequired, one.seatRequired || parent?.seatRequired === true);
        }
      }),
    );
  });

  it("refuses unknown roles by place", () => {
    checkRolesExist(builtInCatalogue, ["admin", "viewer"]);
    assert.throws(
      () => checkRolesExist(builtInCatalogue, ["admin", "__proto__", "agent"]),
      (error) =>
        isRefusal(error, "invalid_request") && error.errors.map((one) => one.path).join() === "/roles/1,/roles/2",
    );
  });

  it("rule 16: names the roles that hold more than the caller", () => {
    const roles = roleCatalogue([role("agent", { permissions: ["tickets:view"] })]);
    checkMayGrant(roles, ["tickets:manage", "contact:view"], ["agent", "viewer"]);
    assert.throws(
      () => checkMayGrant(roles, ["tickets:manage", "contact:view"], ["viewer", "admin"]),
      (error) => isRefusal(error, "forbidden") && /'admin'/.test(error.message) && !/'viewer'/.test(error.message),
    );
  });
});
