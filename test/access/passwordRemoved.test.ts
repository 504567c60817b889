/** A password that a directory takes away: RFC 7644 §3.5.2.2 has what is removed be unassigned, writeOnly or not. */
import assert from "node:assert/strict";
import { api, Browser, place, server } from "./place.ts";

const PASSWORD = "a long enough password";
const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** A member with a password, pushed by a directory in this dialect. */
async function arrived(dialect: string) {
  const tenant = await place();
  const { body } = await api("POST", `/tenants/${tenant.slug}/scim-tokens`, { name: "directory", dialect });
  const { token } = body as { token: string };
  const send = async (method: string, path: string, message: object) => {
    const response = await fetch(`${await server()}/scim/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/scim+json" },
      body: JSON.stringify(message),
    });
    return { status: response.status, body: (await response.json()) as { id: string; meta: { version: string } } };
  };
  const userName = `ana@${tenant.domain}`;
  const person = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName };
  const { id } = (await send("POST", "/Users", { ...person, password: PASSWORD })).body;
  const signIn = async (): Promise<Browser | undefined> => {
    const browser = new Browser();
    const { status } = await browser.post("/sign-in", { tenant: tenant.slug, email: userName, password: PASSWORD });
    return status === 303 ? browser : undefined;
  };
  return {
    tenant,
    signIn,
    put: (more: object) => send("PUT", `/Users/${id}`, { ...person, ...more }),
    patch: (...Operations: object[]) => send("PATCH", `/Users/${id}`, { schemas: [PATCH_OP], Operations }),
    events: async () => {
      const { body: page } = await api("GET", `/tenants/${tenant.slug}/events?target=${id}&type=member.updated`);
      return (page as { items: { data: { attributes: string[] } }[] }).items.map(({ data }) => data.attributes);
    },
  };
}

describe("a password that a directory removes", () => {
  for (const [what, dialect, operation] of [
    ["by remove", "rfc", { op: "remove", path: "password" }],
    ["by replace with null", "rfc", { op: "replace", path: "password", value: null }],
    ["by null in a value without a path", "rfc", { op: "replace", value: { title: "Nurse", password: null } }],
    ["by the empty string, as Entra ID clears", "tolerant", { op: "Replace", path: "password", value: "" }],
  ] as const) {
    it(`${what}: nobody signs in by it, and the sessions that it opened end`, async () => {
      const { signIn, patch, events } = await arrived(dialect);
      const browser = await signIn();
      assert.equal((await browser?.session())?.status, 200);
      assert.equal((await patch(operation)).status, 200);
      assert.equal((await browser?.session())?.status, 401);
      assert.equal(await signIn(), undefined);
      assert.deepEqual((await events()).flat().includes("password"), true);
    });
  }

  it("is gone, so that to remove it again changes nothing, and another one may be set", async () => {
    const { signIn, patch, events } = await arrived("rfc");
    const removed = await patch({ op: "remove", path: "password" });
    const again = await patch({ op: "remove", path: "password" });
    assert.deepEqual([again.status, again.body.meta.version], [200, removed.body.meta.version]);
    assert.deepEqual(await events(), [["password"]]);
    await patch({ op: "add", path: "password", value: PASSWORD });
    assert.ok(await signIn());
  });

  it("of several operations the last one counts", async () => {
    const { signIn, patch } = await arrived("rfc");
    const [remove, replace] = [
      { op: "remove", path: "password" },
      { op: "replace", path: "password", value: PASSWORD },
    ];
    await patch(remove, replace);
    assert.ok(await signIn());
    await patch(replace, remove);
    assert.equal(await signIn(), undefined);
  });

  it("stays where PUT does not send it, or sends null, which is the same (RFC 7643 §2.5)", async () => {
    const { signIn, put } = await arrived("rfc");
    const browser = await signIn();
    for (const more of [{ title: "Nurse" }, { title: "Doctor", password: null }]) {
      assert.equal((await put(more)).status, 200);
      assert.equal((await browser?.session())?.status, 200);
      assert.ok(await signIn());
    }
  });
});
