import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import * as fc from "fast-check";
import { isRefusal } from "../../src/base/errors.ts";
import { bearerChallenge, bearerToken } from "../../src/http/bearer.ts";

function request(authorization?: string, url = "/"): IncomingMessage {
  const req = new IncomingMessage(new Socket());
  req.url = url;
  if (authorization !== undefined) req.headers.authorization = authorization;
  return req;
}

const unauthenticated = (error: unknown) => isRefusal(error, "unauthenticated");

describe("bearer tokens (RFC 6750 §2.1)", () => {
  it("are read as they were sent", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9\-._~+/]+=*$/), (token) => {
        assert.equal(bearerToken(request(`Bearer ${token}`)), token);
      }),
    );
  });

  it("are read whatever the case of the scheme (RFC 9110 §11.1)", () => {
    for (const scheme of ["bearer", "BEARER", "bEaReR"]) assert.equal(bearerToken(request(`${scheme} abc`)), "abc");
  });

  for (const header of [
    "",
    "Bearer",
    "Bearer ",
    "Basic YTpi",
    "abc",
    "Bearer a b",
    "Bearer a,b",
    "Bearer =a",
    "Bearer é",
    "Bearerabc",
    "Token abc",
  ]) {
    it(`are refused as ${JSON.stringify(header)}`, () => {
      assert.throws(() => bearerToken(request(header)), unauthenticated);
    });
  }

  it("are refused when absent, and not read from the query (RFC 6750 §2.3)", () => {
    assert.throws(() => bearerToken(request(undefined, "/?access_token=abc")), unauthenticated);
  });

  it("are challenged without an error code where no credentials came (RFC 6750 §3.1)", () => {
    assert.equal(bearerChallenge(request()), 'Bearer realm="usher"');
    assert.equal(bearerChallenge(request("Bearer x")), 'Bearer realm="usher", error="invalid_token"');
  });
});
