/** Whatever is done to roles and to those who have them, in whichever order and at the same time. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { assertCounted, storedMembers } from "./people.ts";
import { roleWorld } from "./roleWorld.ts";

const OWN = ["red", "green", "blue"] as const;
const own = fc.constantFrom(...OWN);
const any = fc.constantFrom(...OWN, "admin", "member", "viewer");

/** One request: its method, path and body; `{n}` stands for the n-th member. */
const request = fc.oneof(
  fc
    .record({ slug: own, extends: fc.option(any), seatRequired: fc.option(fc.boolean(), { nil: undefined }) })
    .map(
      (change) =>
        ["PATCH", `/roles/${change.slug}`, { extends: change.extends, seatRequired: change.seatRequired }] as const,
    ),
  fc
    .record({ slug: own, all: fc.boolean() })
    .map(({ slug, all }) => ["PATCH", `/roles/${slug}`, { permissions: all ? ["*"] : ["crm:view"] }] as const),
  fc.tuple(own, any).map(([slug, to]) => ["DELETE", `/roles/${slug}?replaceWith=${to}`, undefined] as const),
  own.map((slug) => ["POST", "/roles", { slug, name: slug }] as const),
  fc
    .record({ n: fc.nat(3), roles: fc.uniqueArray(any, { minLength: 1, maxLength: 2 }) })
    .map(({ n, roles }) => ["PATCH", `/members/{${n}}`, { roles }] as const),
  fc.record({ n: fc.nat(3), hold: fc.boolean() }).map(({ n, hold }) => ["PATCH", `/members/{${n}}`, { hold }] as const),
  fc
    .record({ n: fc.nat(3) })
    .map(({ n }) => ["PATCH", `/members/{${n}}/grants`, { permissions: ["crm:view"] }] as const),
);

describe("roles, whatever is done to them", () => {
  it("leave an admin, as many seats as are counted, and nobody with a role that is not there", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(request, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 6 }),
        async (steps) => {
          const here = await roleWorld({ seatLimit: 3 });
          for (const slug of OWN) await here.role(slug, { seatRequired: false });
          const ids = [(await here.add("a@example.com", { roles: ["admin"] }))["id"]];
          for (const one of ["b", "c"]) ids.push((await here.add(`${one}@example.com`, { roles: ["red"] }))["id"]);
          ids.push((await here.push("d@example.com")).id);
          for (const step of steps) {
            const at = (path: string): string => path.replace(/\{(\d)\}/, (_, n: string) => String(ids[Number(n)]));
            await Promise.all(step.map(([method, path, body]) => here.call(method, at(path), body)));
            await holds(here);
          }
        },
      ),
      { numRuns: 4 },
    );
  });
});

async function holds(here: Awaited<ReturnType<typeof roleWorld>>): Promise<void> {
  await assertCounted(here.tenantId);
  const { body } = await here.call("GET", "/roles");
  const roles = new Map(
    (body.items as { slug: string; seatRequired: boolean; allPermissions: string[] }[]).map((role) => [
      role.slug,
      role,
    ]),
  );
  let admins = 0;
  for (const member of await storedMembers(here.tenantId)) {
    const { administers, entitled, status } = member as unknown as Record<"administers" | "status", unknown> & {
      entitled: string[];
    };
    for (const slug of [...member.roles, ...entitled]) assert.ok(roles.has(slug), `${slug} is not there`);
    const isAdmin = status === "active" && member.roles.some((slug) => roles.get(slug)?.allPermissions.includes("*"));
    assert.equal(administers, isAdmin, JSON.stringify(member));
    admins += Number(isAdmin);
    const bears = member.roles.some((slug) => roles.get(slug)?.seatRequired);
    if (bears && status === "active") assert.equal(member.seat, "held", JSON.stringify(member));
    if (member.seat === "held") assert.ok(bears, JSON.stringify(member));
  }
  assert.ok(admins > 0, "nobody administers");
}
