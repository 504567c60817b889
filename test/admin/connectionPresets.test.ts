/** Connections that are made by the name of a known identity provider. */
import assert from "node:assert/strict";
import { presets } from "../../src/sso/presets/presets.ts";
import { place } from "./place.ts";

describe("presets of connections", () => {
  it("are shown in the language that is asked for, to whom may make connections alone", async () => {
    const here = await place();
    const { status, body } = await here.call("GET", "/connection-presets");
    assert.equal(status, 200);
    const names = body.presets.map(({ provider }: { provider: string }) => provider);
    assert.deepEqual(
      names,
      presets.map(({ provider }) => provider),
    );
    const german = await here.call("GET", "/connection-presets?language=de");
    assert.match(german.body.presets[0].steps[0], /^Öffnen Sie/);
    assert.equal((await here.call("GET", "/connection-presets?language=fr")).status, 400);
  });

  it("make a draft by the provider alone, whose values the preset names", async () => {
    const here = await place();
    for (const { provider, name, protocol, defaults, ours, theirs } of presets) {
      const { status, body } = await here.call("POST", "/connections", { provider });
      assert.equal(status, 201, provider);
      assert.deepEqual([body.status, body.name, body.protocol], ["draft", name, protocol]);
      assert.deepEqual([body.attributes, body.groupsClaim], [defaults.attributes, defaults.groupsClaim]);
      for (const { value } of ours) assert.match(body[protocol][value], /^https:/, `${provider}: ${value}`);
      const accepts = ["metadataUrl", "metadataXml", "issuer", "clientId", "clientSecret"];
      for (const { value } of theirs) assert.ok(accepts.includes(value));
    }
  });

  it("leave to the body what it says, and say nothing of another protocol", async () => {
    const here = await place();
    const own = { provider: "okta", name: "Ours", groupsClaim: null, attributes: { email: "mail" } };
    const { body } = await here.call("POST", "/connections", own);
    assert.deepEqual([body.name, body.groupsClaim, body.attributes], ["Ours", null, { email: "mail" }]);
    const other = await here.call("POST", "/connections", { provider: "okta", protocol: "oidc", name: "Okta" });
    assert.deepEqual([other.body.groupsClaim, other.body.attributes], [null, {}]);
  });

  it("are needed where protocol or name is missing", async () => {
    const here = await place();
    for (const [body, path] of [
      [{}, "/protocol"],
      [{ name: "Ours" }, "/protocol"],
      [{ name: "Ours", provider: "unheard-of" }, "/protocol"],
      [{ protocol: "saml" }, "/name"],
      [{ protocol: "oidc", provider: "okta" }, "/name"],
    ] as const) {
      const { status, body: problem } = await here.call("POST", "/connections", body);
      assert.deepEqual([status, problem.errors?.[0]?.path], [400, path], JSON.stringify(body));
    }
  });
});
