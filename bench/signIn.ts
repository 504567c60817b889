/**
 * Whole sign-ins of one person after another, from the start to the session, beside the libraries' bare validation of
 * the same answers: milliseconds of CPU time for each.
 */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { calculatePKCECodeChallenge, randomPKCECodeVerifier } from "openid-client";
import { connectionUrls } from "../src/directory/connectionsForSignIn.ts";
import { parseIdpMetadata } from "../src/sso/saml/idpMetadata.ts";
import { oidcIdp } from "../test/support/oidcIdp.ts";
import { samlIdp } from "../test/support/samlIdp.ts";
import type { OidcWork, SamlWork } from "./bareSignIn.ts";
import { cpuOf } from "./machine.ts";
import { startUsher, type RunningServer, type ServerOptions } from "./servers.ts";

const SIGN_INS = 300;
/** Before they count: code is compiled, threads start, discovery is read. */
const WARM_UP = SIGN_INS / 2;
/** The provider of the tests keeps its last thousand things, and a code that waits is four of them. */
const CODES = 120;

/** CPU time of a sign-in in Usher, and of the library's validation alone; in milliseconds. */
export interface SignInResult {
  readonly title: string;
  readonly usher: number;
  readonly bare: number;
}

/** What the browser brings back from the identity provider. */
type Answer = (begun: string, i: number) => Promise<(cookie: string) => Promise<Response>>;

interface Door {
  readonly server: RunningServer;
  readonly url: string;
  readonly operatorKey: string;
  readonly slug: string;
}

/** Measures SAML with one signature and with two, and OpenID Connect. */
export async function signIns(options: ServerOptions, operatorKey: string): Promise<SignInResult[]> {
  const ways = { TRUST_PROXY: "true", ALLOWED_NETWORKS: "127.0.0.0/8" };
  const server = await startUsher(options, operatorKey, ways);
  try {
    const url = `http://127.0.0.1:${server.port}`;
    const slug = `door-${Date.now()}`;
    const door = { server, url, operatorKey, slug };
    await call(door, "POST", "/tenants", { slug, name: "Door", seatLimit: SIGN_INS });
    return [
      await saml(door, "assertion", "SAML, assertion signed"),
      await saml(door, "both", "SAML, response and assertion signed"),
      await oidc(door),
    ];
  } finally {
    await server.stop();
  }
}

/** A table of them, with how many one core does in a second. */
export function signInTable(results: readonly SignInResult[]): string {
  const head =
    "| sign-in | a second and core | CPU ms | bare validation, CPU ms | ratio |\n| --- | --- | --- | --- | --- |";
  const rows = results.map(({ title, usher, bare }) => {
    const cells = [title, (1000 / usher).toFixed(0), usher.toFixed(1), bare.toFixed(1), (usher / bare).toFixed(2)];
    return `| ${cells.join(" | ")} |`;
  });
  return [head, ...rows].join("\n");
}

async function saml(door: Door, signs: "assertion" | "both", title: string): Promise<SignInResult> {
  const id = await connection(door, { protocol: "saml", attributes: { email: "email" } });
  const urls = connectionUrls(`http://localhost:${door.server.port}`, id);
  const idp = samlIdp(urls, signs);
  await enable(door, id, { saml: { metadataXml: idp.metadata } });
  const responses: string[] = [];
  const answer: Answer = async (begun, i) => {
    const { samlResponse } = await idp.answer(begun, { nameId: signs, email: `${signs}@customer.example` });
    responses.push(samlResponse);
    const body = new URLSearchParams({ SAMLResponse: samlResponse });
    const headers = { "x-forwarded-for": `198.51.100.${i % 250}` };
    const acs = `${door.url}/sso/saml/${id}/acs`;
    return () => fetch(acs, { method: "POST", redirect: "manual", headers, body });
  };
  const usher = await measured(door, id, answer);
  const { certificates } = parseIdpMetadata(idp.metadata, new Date());
  const { acsUrl, spEntityId } = urls;
  const both = signs === "both";
  return { title, usher, bare: await bareOf({ kind: "saml", responses, certificates, acsUrl, spEntityId, both }) };
}

async function oidc(door: Door): Promise<SignInResult> {
  const id = await connection(door, { protocol: "oidc" });
  const { redirectUri } = connectionUrls(`http://localhost:${door.server.port}`, id);
  const idp = await oidcIdp([redirectUri]);
  try {
    const { issuer, clientId, clientSecret } = idp;
    await enable(door, id, { oidc: { issuer, clientId, clientSecret } });
    const answer: Answer = async (begun) => {
      const { pathname, search } = await idp.visit(begun);
      return (cookie) => fetch(door.url + pathname + search, { redirect: "manual", headers: { cookie } });
    };
    const usher = await measured(door, id, answer);
    const answers: OidcWork["answers"][number][] = [];
    for (let i = 0; i < CODES; i++) answers.push(await bareAnswer(idp, redirectUri));
    const bare = await bareOf({ kind: "oidc", issuer, clientId, clientSecret, answers });
    return { title: "OpenID Connect", usher, bare };
  } finally {
    idp.close();
  }
}

async function bareAnswer(
  { issuer, clientId, visit }: Awaited<ReturnType<typeof oidcIdp>>,
  redirectUri: string,
): Promise<OidcWork["answers"][number]> {
  const [state, nonce, verifier] = ["state-of-the-bench", "nonce-of-the-bench", randomPKCECodeVerifier()];
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: "openid email profile",
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  return { url: (await visit(`${issuer}/auth?${query}`)).href, state, nonce, verifier };
}

/** CPU time of Usher, all its threads, for each sign-in. */
async function measured(door: Door, id: string, answer: Answer): Promise<number> {
  let before = 0;
  for (let i = 0; i < SIGN_INS; i++) {
    if (i === WARM_UP) before = cpuOf(door.server.pid);
    const begun = await fetch(`${door.url}/sso/start?connection=${id}`, { redirect: "manual" });
    const cookie = begun.headers.getSetCookie()[0]?.split(";", 1)[0] ?? "";
    const send = await answer(begun.headers.get("location") ?? "", i);
    await finish(door, await send(cookie), cookie);
  }
  return (cpuOf(door.server.pid) - before) / (SIGN_INS - WARM_UP);
}

async function finish({ url }: Door, answered: Response, cookie: string): Promise<void> {
  assert.equal(answered.status, 303, await answered.text());
  const location = answered.headers.get("location") ?? "";
  // The answer of OpenID Connect has come with its cookie, and the session is open.
  if (!location.startsWith("/sso/finish")) return;
  const finished = await fetch(url + location, { redirect: "manual", headers: { cookie } });
  assert.equal(finished.status, 303, await finished.text());
}

async function bareOf(work: SamlWork | OidcWork): Promise<number> {
  const child = fork(new URL("bareSignIn.ts", import.meta.url), { execArgv: ["--import", "tsx/esm"] });
  const count = work.kind === "saml" ? work.responses.length : work.answers.length;
  child.send({ ...work, warmUp: count / 2 });
  const [{ ms }] = (await once(child, "message")) as [{ ms: number }];
  child.disconnect();
  return ms;
}

async function connection(door: Door, fields: object): Promise<string> {
  const path = `/tenants/${door.slug}/connections`;
  return String((await call(door, "POST", path, { name: "Company sign-in", ...fields }))["id"]);
}

async function enable(door: Door, id: string, provider: object): Promise<void> {
  const path = `/tenants/${door.slug}/connections/${id}`;
  await call(door, "PATCH", path, provider);
  await call(door, "PATCH", path, { status: "enabled", force: true });
}

async function call(door: Door, method: string, path: string, body: object): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${door.operatorKey}`, "content-type": "application/json" };
  const response = await fetch(`${door.url}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
  const text = await response.text();
  assert.ok(response.ok, text);
  return JSON.parse(text) as Record<string, unknown>;
}
