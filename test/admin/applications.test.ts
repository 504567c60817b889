import assert from "node:assert/strict";
import { api as apiOf, type Api } from "../support/api.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";

const APP = { name: "App", type: "web", redirectUris: ["https://app.example/callback"] };

describe("applications", () => {
  let api: Api;
  before(async () => {
    api = apiOf(await testDatabase());
  });

  it("are registered, read, changed, listed and removed; the secret is shown once", async () => {
    const made = await api.post("/apps", { ...APP, resources: ["https://api.example/"] });
    assert.equal(made.status, 201, made.text);
    const { clientId, clientSecret, ...rest } = made.body;
    assert.match(clientSecret, /^[\w-]{43}$/);
    assert.deepEqual(
      [rest.backchannelLogoutUri, rest.postLogoutRedirectUris, rest.resources],
      [null, [], ["https://api.example/"]],
    );
    const path = `/apps/${clientId}`;
    const read = await api.get(path);
    assert.ok(!read.text.includes(clientSecret) && !("clientSecret" in read.body));
    const changed = await api.patch(path, { name: "Better", initiateLoginUri: "https://app.example/start" });
    assert.equal(changed.status, 200, changed.text);
    assert.deepEqual([changed.body.name, changed.body.redirectUris], ["Better", APP.redirectUris]);
    assert.equal((await api.get(path)).body.initiateLoginUri, "https://app.example/start");
    const second = await api.post("/apps", APP);
    let listed: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page = await api.get(`/apps?limit=1${cursor && `&cursor=${cursor}`}`);
      assert.equal(page.status, 200);
      listed = [...listed, ...page.body.items.map((item: { clientId: string }) => item.clientId)];
      cursor = page.body.nextCursor;
    }
    assert.ok(listed.includes(clientId) && listed.includes(second.body.clientId));
    assert.equal((await api.delete(path)).status, 204);
    for (const gone of [await api.get(path), await api.delete(path), await api.patch(path, {})])
      assert.equal(gone.status, 404);
  });

  it("have a new secret when theirs is renewed, but for those that can keep none", async () => {
    const { body } = await api.post("/apps", APP);
    const renewed = await api.post(`/apps/${body.clientId}/secret`);
    assert.equal(renewed.status, 201);
    assert.notEqual(renewed.body.clientSecret, body.clientSecret);
    const spa = await api.post("/apps", { ...APP, type: "spa" });
    assert.equal(spa.body.clientSecret, null);
    assert.equal((await api.post(`/apps/${spa.body.clientId}/secret`)).status, 409);
    assert.equal((await api.post("/apps/0198c7a4-2f10-7c3e-9d41-5b8f6e2a1c07/secret")).status, 404);
    assert.equal((await api.post(`/apps/${body.clientId}/secret?keepOldSeconds=700000`)).status, 400);
  });

  for (const [what, uri] of [
    ["http elsewhere than on loopback", "http://app.example/callback"],
    ["a fragment", "https://app.example/#callback"],
    ["a wildcard", "https://*.app.example/callback"],
    ["a password", "https://me:secret@app.example/"],
    ["no host", "/callback"],
    ["a script", "javascript:alert(1)"],
    ["a scheme of devices", "com.example.app:/callback"],
    ["a space", "https://app.example/a b"],
  ] as const) {
    it(`are refused with a redirect address that has ${what}`, async () => {
      const refused = await api.post("/apps", { ...APP, redirectUris: [...APP.redirectUris, uri] });
      assert.deepEqual([refused.status, refused.body.errors?.[0]?.path], [400, "/redirectUris/1"], refused.text);
      const { body } = await api.post("/apps", APP);
      assert.equal((await api.patch(`/apps/${body.clientId}`, { redirectUris: [uri] })).status, 400);
      assert.deepEqual((await api.get(`/apps/${body.clientId}`)).body.redirectUris, APP.redirectUris);
    });
  }

  it("on devices may have a scheme that is a domain in reverse (RFC 8252 §7.1), and no other", async () => {
    const native = { ...APP, type: "native" };
    const ours = { redirectUris: ["com.example.app:/callback", "http://127.0.0.1/callback"] };
    assert.equal((await api.post("/apps", { ...native, ...ours })).status, 201);
    for (const uri of ["myapp:/callback", "data:text/html,x", "file:///etc"]) {
      assert.equal((await api.post("/apps", { ...native, redirectUris: [uri] })).status, 400, uri);
    }
  });

  it("are refused with other addresses that are none", async () => {
    for (const more of [
      { backchannelLogoutUri: "http://app.example/out" },
      { initiateLoginUri: "start" },
      { resources: ["api"] },
      { resources: ["https://api.example/#x"] },
      { postLogoutRedirectUris: ["http://app.example/"] },
      { redirectUris: [] },
      { type: "server" },
      { name: " " },
      { clientSecret: "mine" },
    ]) {
      const refused = await api.post("/apps", { ...APP, ...more });
      assert.equal(refused.status, 400, JSON.stringify(more));
    }
  });

  it("are the operator's alone", async () => {
    const { slug } = await newTenant();
    const made = await api.post(`/tenants/${slug}/api-keys`, { name: "all", permissions: ["*"] });
    const tenants = api.as(made.body.key);
    const { body } = await api.post("/apps", APP);
    const path = `/apps/${body.clientId}`;
    for (const as of [tenants, api.as(null)]) {
      const tries = [await as.get("/apps"), await as.post("/apps", APP), await as.get(path), await as.patch(path, {})];
      tries.push(await as.delete(path), await as.post(`${path}/secret`));
      for (const { status } of tries) assert.ok([401, 403].includes(status), String(status));
    }
    assert.equal((await api.get(path)).status, 200);
  });
});
