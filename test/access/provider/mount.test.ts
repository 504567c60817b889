/** What of the OpenID Provider is counted by sender: all that leaves a record behind, whoever asks. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { mountProvider } from "../../../src/access/provider/mount.ts";

describe("the OpenID Provider's requests", () => {
  it("are counted by sender where they leave a record, in whatever letters the path is written", async () => {
    let counted = 0;
    const provider = mountProvider({
      publicUrl: "http://localhost:8080",
      provider: async () => ({
        handle: async (_req, res) => void res.end(),
        interactionOf: async () => undefined,
      }),
      countRequest: async () => void counted++,
    });
    const http = createServer(express().use("/oidc", provider)).listen(0, "127.0.0.1");
    await once(http, "listening");
    const base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const countedBy = async (path: string): Promise<number> => {
      const before = counted;
      await (await fetch(base + path)).text();
      return counted - before;
    };
    try {
      for (const path of ["/auth", "/AUTH", "/auth/", "/auth/uid", "/session/end", "/Session/End/confirm"])
        assert.equal(await countedBy(`/oidc${path}?client_id=x`), 1, path);
      for (const path of ["/token", "/me", "/jwks", "/.well-known/openid-configuration", "/authority"])
        assert.equal(await countedBy(`/oidc${path}`), 0, path);
    } finally {
      http.close();
    }
  });
});
