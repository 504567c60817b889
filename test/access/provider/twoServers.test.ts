/** What one server process takes away is gone at the other: over two processes on one PostgreSQL. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { makeTenant, operator } from "../../start/apiCalls.ts";
import { startServer, type ServerProcess } from "../../start/serverProcess.ts";
import { withPostgres } from "../../storage/withPostgres.ts";

const PUBLIC_URL = "https://usher.example";
const CALLBACK = "https://app.example/callback";
const PASSWORD = "a long enough password";
/** What the design promises (T14). */
const BOUND_MS = 5_000;

withPostgres("applications over two server processes", (postgres) => {
  let folder: string;
  let servers: ServerProcess[] = [];
  const told: string[] = [];
  const http = createServer((req, res) => {
    told.push(req.url ?? "");
    req.resume();
    res.end();
  });
  before(async function () {
    this.timeout(120_000);
    await once(http.listen(0, "127.0.0.1"), "listening");
    folder = mkdtempSync(join(tmpdir(), "usher-two-providers-"));
    const environment = {
      DATABASE_URL: postgres().url,
      USHER_DATA_DIR: folder,
      PUBLIC_URL,
      ALLOWED_NETWORKS: "127.0.0.0/8",
    };
    servers = await Promise.all([startServer(environment), startServer(environment)]);
  });
  after(async () => {
    http.close();
    await Promise.all(servers.map((server) => server.end("SIGTERM")));
    rmSync(folder, { recursive: true });
  });

  const at = (i: number, url: string): string => (servers[i]?.url ?? "") + url.slice(PUBLIC_URL.length);

  /** A browser whose every request goes to the other process than the one before. */
  function browser() {
    const jar = new Map<string, string>();
    let steps = 0;
    return async (url: string, form?: Record<string, string>) => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
      const init = form ? { method: "POST", body: new URLSearchParams(form) } : {};
      const answer = await fetch(at(steps++ % 2, url), { ...init, redirect: "manual", headers: { cookie } });
      for (const line of answer.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        assert.match(line, /; ?secure/i, "every cookie is Secure where PUBLIC_URL is https");
        jar.set(name, value);
      }
      const location = answer.headers.get("location");
      return { status: answer.status, text: await answer.text(), to: location && new URL(location, url).href };
    };
  }

  async function token(i: number, clientId: string, secret: string, form: Record<string, string>) {
    const basic = Buffer.from(`${clientId}:${secret}`).toString("base64");
    const init = { method: "POST", headers: { authorization: `Basic ${basic}` }, body: new URLSearchParams(form) };
    const answer = await fetch(at(i, `${PUBLIC_URL}/oidc/token`), init);
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  }

  type Visit = ReturnType<typeof browser>;
  type Seen = Awaited<ReturnType<Visit>>;

  /** Follows redirects within Usher. */
  async function within(visit: Visit, first: Promise<Seen>): Promise<Seen> {
    const seen = await first;
    return seen.to?.startsWith(PUBLIC_URL) ? within(visit, visit(seen.to)) : seen;
  }

  const field = ({ text }: Seen, name: string): string =>
    new RegExp(`name="${name}" value="([^"]+)"`).exec(text)?.[1] ?? `no ${name}`;

  /** Somebody whose password was an admin's choice signs in, and chooses one of their own on the way; answers the code. */
  async function codeFor(query: Record<string, string>, tenant: string, email: string): Promise<string> {
    const visit = browser();
    const page = await within(visit, visit(`${PUBLIC_URL}/oidc/auth?${new URLSearchParams(query)}`));
    const form = { tenant, email, password: PASSWORD, return_to: field(page, "return_to") };
    const change = await within(visit, visit(`${PUBLIC_URL}/sign-in`, form));
    const own = { csrf: field(change, "csrf"), current: PASSWORD, next: `${PASSWORD} of mine` };
    const done = await within(visit, visit(`${PUBLIC_URL}/sign-in/password`, own));
    const code = done.to === null ? null : new URL(done.to).searchParams.get("code");
    assert.ok(
      code,
      `no code: ${[page, change, done].map(({ status, to, text }) => `${status} ${to} ${text}`).join("\n")}`,
    );
    return code;
  }

  /** A member with an application, and what the application was given. */
  async function signedIn(url: string) {
    const tenant = await makeTenant(url);
    const path = `/tenants/${tenant.slug}/members`;
    const email = "ana@customer.example";
    const member = await operator("POST", url, path, { email, name: { givenName: "Ana" }, password: PASSWORD });
    const { port } = http.address() as AddressInfo;
    const backchannelLogoutUri = `http://127.0.0.1:${port}/out`;
    const app = await operator("POST", url, "/apps", {
      name: "App",
      type: "web",
      redirectUris: [CALLBACK],
      backchannelLogoutUri,
    });
    const client = { id: String(app["clientId"]), secret: String(app["clientSecret"]) };
    const verifier = randomBytes(32).toString("base64url");
    const asked = {
      client_id: client.id,
      response_type: "code",
      redirect_uri: CALLBACK,
      scope: "openid roles",
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
      tenant: tenant.slug,
    };
    const code = await codeFor(asked, tenant.slug, email);
    const grant = { grant_type: "authorization_code", code, redirect_uri: CALLBACK, code_verifier: verifier };
    const given = await token(1, client.id, client.secret, grant);
    assert.equal(given.status, 200, JSON.stringify(given.body));
    return { path: `${path}/${String(member["id"])}`, client, tokens: given.body };
  }

  it("T14: sign in across both, and have nothing left at either within 5 s of a suspension at one", async function () {
    this.timeout(60_000);
    const url = at(0, PUBLIC_URL);
    const { path, client, tokens } = await signedIn(url);
    const userInfo = async (i: number): Promise<number> => {
      const headers = { authorization: `Bearer ${tokens["access_token"]}` };
      return (await fetch(at(i, `${PUBLIC_URL}/oidc/me`), { headers })).status;
    };
    assert.deepEqual([await userInfo(0), await userInfo(1)], [200, 200]);
    await operator("PATCH", url, path, { hold: true });
    const from = performance.now();
    assert.deepEqual([await userInfo(1), await userInfo(0)], [401, 401]);
    const refresh = { grant_type: "refresh_token", refresh_token: tokens["refresh_token"] ?? "" };
    const refused = await token(1, client.id, client.secret, refresh);
    assert.deepEqual([refused.status, refused.body["error"]], [400, "invalid_grant"]);
    while (told.length === 0 && performance.now() - from < 30_000) await setTimeout(20);
    const took = performance.now() - from;
    assert.deepEqual(told, ["/out"]);
    assert.ok(took < BOUND_MS, `the application was told after ${Math.round(took)} ms`);
    const keys = await Promise.all([0, 1].map(async (i) => (await fetch(at(i, `${PUBLIC_URL}/oidc/jwks`))).text()));
    assert.equal(keys[0], keys[1]);
  });
});
