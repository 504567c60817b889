/** What a body, a directory or an identity provider says of somebody's rights, and what comes of it: nothing. */
import assert from "node:assert/strict";
import { connectionUrls } from "../../src/directory/connections/connectionsForSignIn.ts";
import { oidcIdp, type OidcIdp } from "../support/oidcIdp.ts";
import { newTenant } from "../support/tenant.ts";
import { api, Browser, counts, place, pushed, server } from "./place.ts";

type Json = Record<string, unknown>;

/** Names under which rights are asked for. */
const WISHES = {
  role: "admin",
  tenantId: "018f4e2a-7b1c-7def-8abc-1234567890ab",
  tenant_id: "018f4e2a-7b1c-7def-8abc-1234567890ab",
  emailVerified: true,
  email_verified: true,
  seat: "held",
  seat_type: "paid",
  isAdmin: true,
  is_platform_admin: true,
  administers: true,
  breakGlass: true,
  permissions: ["*"],
  entitledRoles: ["admin"],
  constructor: { admin: true },
};

describe("rights that somebody writes for themselves", () => {
  const providers: OidcIdp[] = [];
  after(() => {
    for (const { close } of providers.splice(0)) close();
  });

  it("T15: are refused in the body of a creation, each by its name, and nobody is made", async () => {
    const tenant = await newTenant();
    const person = { email: "eve@acme.example", name: { givenName: "Eve", familyName: "Berg" } };
    for (const [name, value] of Object.entries(WISHES)) {
      const { status } = await api("POST", `/tenants/${tenant.slug}/members`, { ...person, [name]: value });
      assert.equal(status, 400, name);
    }
    assert.deepEqual(await counts(tenant), { members: 0, held: 0, sessions: 0 });
  });

  it("T15: are nothing in what a directory pushes: roles, entitlements, or an extension of its own", async () => {
    const tenant = await newTenant({ settings: { seats: { seatedRole: "viewer", fallbackRole: "viewer" } } });
    const id = await pushed(tenant, {
      userName: "eve@acme.example",
      emails: [{ value: "eve@acme.example", primary: true }],
      userType: "admin",
      roles: [{ value: "admin", primary: true }],
      entitlements: [{ value: "admin" }],
      groups: [{ value: "admin" }],
      "urn:example:usher:2.0:Rights": WISHES,
      ...WISHES,
    });
    const { body } = await api("GET", `/tenants/${tenant.slug}/members/${id}`);
    const { roles, entitledRoles, emailVerified, permissions, seat } = body as Json;
    assert.deepEqual([roles, entitledRoles, seat, emailVerified], [["viewer"], ["viewer"], "none", false]);
    assert.deepEqual(permissions, ["contact:view"]);
  });

  it("T15: are nothing in the claims of an identity provider", async () => {
    const tenant = await place();
    const list = `/tenants/${tenant.slug}/connections`;
    const made = await api("POST", list, { protocol: "oidc", name: "Company", groupsClaim: "groups" });
    const { id } = made.body as { id: string };
    const idp = await oidcIdp([connectionUrls(await server(), id).redirectUri]);
    providers.push(idp);
    const { issuer, clientId, clientSecret } = idp;
    const change = { oidc: { issuer, clientId, clientSecret }, status: "enabled", force: true };
    assert.equal((await api("PATCH", `${list}/${id}`, change)).status, 200);
    const email = `eve@elsewhere.${tenant.slug}.com`;
    const { constructor: _theirs, ...wishes } = WISHES;
    idp.person = { sub: "eve-1", email, name: "Eve", groups: ["admin"], roles: ["admin"], ...wishes };
    const browser = new Browser();
    const { pathname, search } = await idp.visit((await browser.get(`/sso/start?connection=${id}`)).location);
    assert.equal((await browser.get(pathname + search)).status, 303);
    const { member, permissions } = (await browser.session()).body as { member: Json; permissions: string[] };
    assert.deepEqual([member["roles"], member["emailVerified"], member["email"]], [["member"], false, email]);
    assert.deepEqual(permissions, ["contact:view"]);
  });
});
