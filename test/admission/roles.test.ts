import assert from "node:assert/strict";
import * as fc from "fast-check";
import { isAdminEquivalent, isPermission, mayGrant, permits } from "../../src/admission/permissions.ts";
import { areas, verbs } from "../../src/admission/permissions.ts";
import {
  builtInCatalogue,
  checkMayGrant,
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

  it("refuses inheritance in a circle, and tells the way round", () => {
    const circle = [role("a", { extends: "b" }), role("b", { extends: "c" }), role("c", { extends: "a" })];
    assert.throws(() => roleCatalogue(circle), refusedAt("/roles/0/extends", /'a' → 'b' → 'c' → 'a'/));
    assert.throws(() => roleCatalogue([role("a", { extends: "a" })]), refusedAt("/roles/0/extends", /'a' → 'a'/));
  });

  it("refuses unknown parents, repeated slugs and ill-formed permissions, all at once", () => {
    const custom = [role("a", { extends: "ghost" }), role("a", { permissions: ["everything"] })];
    for (const [path, words] of [
      ["/roles/0/extends", /'ghost', which does not exist/],
      ["/roles/1/slug", /more than one role 'a'/],
      ["/roles/1/permissions", /'everything'; write permissions as area:verb/],
    ] as const) {
      assert.throws(() => roleCatalogue(custom), refusedAt(path, words));
    }
  });

  it("a custom role may take the place of a built-in one, but admin keeps everything and viewer stays seatless", () => {
    const roles = roleCatalogue([role("member", { permissions: ["tickets:view"], seatRequired: false })]);
    assert.equal(roles.get("member")?.seatRequired, false);
    assert.throws(
      () => roleCatalogue([role("admin", { permissions: ["members:view"] })]),
      /admin has every permission/,
    );
    assert.throws(() => roleCatalogue([role("viewer", { seatRequired: true })]), /viewer needs no seat/);
    assert.throws(() => roleCatalogue([role("viewer", { extends: "member" })]), /viewer needs no seat/);
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
