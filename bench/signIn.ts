/**
 * Sign-ins by SAML and by OpenID Connect, in milliseconds of CPU time: what it costs to judge an answer, beside the
 * library's bare validation; and whole sign-ins, step by step, beside a bare server that signs in by the same library.
 */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import type { SamlConfig } from "@node-saml/node-saml";
import { calculatePKCECodeChallenge, randomPKCECodeVerifier } from "openid-client";
import { connectionUrls } from "../src/directory/connections/connectionsForSignIn.ts";
import { parseIdpMetadata } from "../src/sso/saml/idpMetadata.ts";
import type { ConnectionUrls, SsoConnection } from "../src/sso/types.ts";
import { oidcIdp } from "../test/support/oidcIdp.ts";
import { samlIdp } from "../test/support/samlIdp.ts";
import { median } from "./report.ts";
import { startBare, startUsher, type RunningServer, type ServerOptions } from "./servers.ts";
import type { BareConnection } from "./signInBare.ts";
import type { Judged, OidcAnswer, Round, Sides } from "./signInJudge.ts";
import { signInRound, STEPS, type Cost, type Costs, type Door, type Provider } from "./signInSteps.ts";

const ROUNDS = 5;
/** Rounds before they count: code is compiled, threads start, people are made. */
const WARM_UP = 4;
/** Of a round. The provider of the tests keeps its last thousand things, and a code that waits is four of them. */
const SIGN_INS = 60;

/** Milliseconds, medians of the rounds; `bare` is the library alone, or the bare server. */
interface Pair {
  readonly usher: number;
  readonly bare: number;
  readonly ratio: number;
}

type Step = (typeof STEPS)[number];
type Idp = Awaited<ReturnType<typeof oidcIdp>>;

interface Rounds {
  readonly usher: readonly Costs[];
  readonly bare: readonly Costs[];
}

/** What one kind of sign-in costs. */
export interface SignInResult {
  readonly title: string;
  readonly judgement: Pair;
  readonly steps: readonly { readonly step: Step; readonly usher: Cost; readonly bare: Cost }[];
  /** The whole of it, in the server and in PostgreSQL. */
  readonly server: Pair;
  readonly database: Pair;
}

interface Subjects {
  readonly usher: RunningServer;
  readonly bare: RunningServer;
  readonly databasePid: number | undefined;
  readonly operatorKey: string;
  readonly slug: string;
}

/** Measures SAML with one signature and with two, and OpenID Connect; on servers of its own, which may reach loopback. */
export async function signIns(
  options: ServerOptions,
  operatorKey: string,
  databasePid: number | undefined,
): Promise<SignInResult[]> {
  const usher = await startUsher(options, operatorKey, { TRUST_PROXY: "true", ALLOWED_NETWORKS: "127.0.0.0/8" });
  try {
    const bare = await startBare(options, new URL("signInBare.ts", import.meta.url));
    try {
      const slug = `door-${Date.now()}`;
      const subjects = { usher, bare, databasePid, operatorKey, slug };
      await call(subjects, "POST", "/tenants", { slug, name: "Door", seatLimit: 10 * SIGN_INS });
      return [
        await saml(subjects, "assertion", "SAML, assertion signed"),
        await saml(subjects, "both", "SAML, response and assertion signed"),
        await oidc(subjects),
      ];
    } finally {
      await bare.stop();
    }
  } finally {
    await usher.stop();
  }
}

async function saml(subjects: Subjects, signs: "assertion" | "both", title: string): Promise<SignInResult> {
  const { id, urls } = await connection(subjects, { protocol: "saml", attributes: { email: "email" } });
  const idp = samlIdp(urls, signs);
  await enable(subjects, id, { saml: { metadataXml: idp.metadata } });
  const settings = parseIdpMetadata(idp.metadata, new Date());
  const sides = { connection: { ...plain(id), saml: settings }, urls, both: signs === "both" };
  const bareUrls = { ...urls, acsUrl: `http://localhost:${subjects.bare.port}/saml/acs` };
  await hand(subjects, { saml: bareSaml(sides, bareUrls) });
  const person = (i: number) => ({ nameId: `${signs}-${i}`, email: `${signs}-${i}@customer.example` });
  const responses: string[] = [];
  const ours: Provider = async (begun, i) => {
    const { samlResponse } = await idp.answer(begun, person(i));
    responses.push(samlResponse);
    return { path: `/sso/saml/${id}/acs`, form: new URLSearchParams({ SAMLResponse: samlResponse }) };
  };
  const bareIdp = samlIdp(bareUrls, signs);
  const theirs: Provider = async (begun, i) => {
    const { samlResponse } = await bareIdp.answer(begun, person(i));
    return { path: "/saml/acs", form: new URLSearchParams({ SAMLResponse: samlResponse }) };
  };
  const rounds = await wholeRounds(subjects, id, "/saml/start", { usher: ours, bare: theirs });
  const answers = responses.slice(-SIGN_INS);
  return resultOf(title, rounds, await judged(sides, async () => ({ usher: answers, library: answers })));
}

function bareSaml({ connection: { saml: settings }, both }: Sides, urls: ConnectionUrls): SamlConfig {
  return {
    idpCert: [...(settings?.certificates ?? [])],
    entryPoint: settings?.ssoUrl ?? "",
    callbackUrl: urls.acsUrl,
    issuer: urls.spEntityId,
    wantAuthnResponseSigned: both,
    wantAssertionsSigned: true,
  };
}

async function oidc(subjects: Subjects): Promise<SignInResult> {
  const { id, urls } = await connection(subjects, { protocol: "oidc" });
  const bareUri = `http://localhost:${subjects.bare.port}/oidc/callback`;
  const idp = await oidcIdp([urls.redirectUri, bareUri]);
  try {
    const { issuer, clientId, clientSecret } = idp;
    const settings = { issuer, clientId, clientSecret };
    await enable(subjects, id, { oidc: settings });
    await hand(subjects, { oidc: { ...settings, redirectUri: bareUri } });
    const provider: Provider = async (begun) => {
      const { pathname, search } = await idp.visit(begun);
      return { path: pathname + search };
    };
    const rounds = await wholeRounds(subjects, id, "/oidc/start", { usher: provider, bare: provider });
    const sides = { connection: { ...plain(id), protocol: "oidc" as const, oidc: settings }, urls, both: false };
    const codes = async (): Promise<OidcAnswer[]> => {
      const answers: OidcAnswer[] = [];
      for (let i = 0; i < SIGN_INS; i++) answers.push(await codeOf(idp, urls.redirectUri));
      return answers;
    };
    const round = async () => ({ library: await codes(), usher: await codes() });
    return resultOf("OpenID Connect", rounds, await judged(sides, round));
  } finally {
    idp.close();
  }
}

async function codeOf({ issuer, clientId, visit }: Idp, redirectUri: string): Promise<OidcAnswer> {
  const [state, nonce, codeVerifier] = ["state-of-the-bench", "nonce-of-the-bench", randomPKCECodeVerifier()];
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: "openid email profile",
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: "S256",
  });
  return { url: (await visit(`${issuer}/auth?${query}`)).href, state, nonce, codeVerifier };
}

/** Rounds of both servers in turns, those of the warm-up left out. */
async function wholeRounds(
  { usher, bare, databasePid }: Subjects,
  id: string,
  bareStart: string,
  providers: Readonly<Record<"usher" | "bare", Provider>>,
): Promise<Rounds> {
  const doorOf = ({ port, pid }: RunningServer, start: string, session: string): Door => {
    return { url: `http://localhost:${port}`, pid, databasePid, start, session };
  };
  const usherDoor = doorOf(usher, `/sso/start?connection=${id}`, "/api/v1/session");
  const bareDoor = doorOf(bare, bareStart, "/session");
  const rounds: { usher: Costs[]; bare: Costs[] } = { usher: [], bare: [] };
  for (let i = 0; i < WARM_UP + ROUNDS; i++) {
    rounds.bare.push(await signInRound(bareDoor, providers.bare, SIGN_INS));
    rounds.usher.push(await signInRound(usherDoor, providers.usher, SIGN_INS));
  }
  return { usher: rounds.usher.slice(WARM_UP), bare: rounds.bare.slice(WARM_UP) };
}

/** The same of judgements alone. */
async function judged(sides: Sides, round: () => Promise<Round>): Promise<Judged[]> {
  const child = fork(new URL("signInJudge.ts", import.meta.url), { execArgv: ["--import", "tsx/esm"] });
  child.send(sides);
  const all: Judged[] = [];
  for (let i = 0; i < WARM_UP + ROUNDS; i++) {
    child.send(await round());
    const [one] = await Promise.race([once(child, "message"), once(child, "exit")]);
    if (typeof one !== "object") throw new Error("the process that judges has ended, see above");
    all.push(one as Judged);
  }
  child.disconnect();
  return all.slice(WARM_UP);
}

function resultOf(title: string, { usher, bare }: Rounds, judgements: readonly Judged[]): SignInResult {
  const costOf = (rounds: readonly Costs[], step: Step): Cost => ({
    server: median(rounds.map((each) => each[step].server)),
    database: median(rounds.map((each) => each[step].database)),
  });
  const steps = STEPS.map((step) => ({ step, usher: costOf(usher, step), bare: costOf(bare, step) }));
  const whole = (rounds: readonly Costs[], part: keyof Cost): number[] =>
    rounds.map((costs) => STEPS.reduce((sum, step) => sum + costs[step][part], 0));
  const [ours, theirs] = [whole(usher, "server"), whole(bare, "server")];
  return {
    title,
    judgement: pair(
      judgements.map(({ usher: one }) => one),
      judgements.map(({ library }) => library),
    ),
    steps,
    server: pair(ours, theirs),
    database: pair(whole(usher, "database"), whole(bare, "database")),
  };
}

/** The ratio is that of rounds that followed each other, so that what else the machine did falls on both. */
function pair(usher: readonly number[], bare: readonly number[]): Pair {
  const ratio = median(usher.map((ms, i) => ms / (bare[i] ?? NaN)));
  return { usher: median(usher), bare: median(bare), ratio };
}

/** Three tables: judgements, whole sign-ins, and the steps of these. */
export function signInTables(results: readonly SignInResult[]): string {
  const ms = (value: number): string => value.toFixed(1);
  const judgements = results.map(({ title, judgement: { usher, bare, ratio } }) => [
    title,
    ms(usher),
    ms(bare),
    ratio.toFixed(2),
  ]);
  const wholes = results.map(({ title, server, database }) => [
    title,
    (1000 / server.usher).toFixed(0),
    ms(server.usher),
    ms(server.bare),
    server.ratio.toFixed(2),
    `${ms(database.usher)} / ${ms(database.bare)}`,
  ]);
  const steps = results.flatMap(({ title, steps: all }) =>
    all.map(({ step, usher, bare }) => [
      `${title}: ${step}`,
      `${ms(usher.server)} / ${ms(bare.server)}`,
      `${ms(usher.database)} / ${ms(bare.database)}`,
    ]),
  );
  return [
    table(["an answer judged", "Usher, CPU ms", "the library alone, CPU ms", "ratio"], judgements),
    table(
      ["a whole sign-in", "a second and core", "Usher, CPU ms", "bare server, CPU ms", "ratio", "database, CPU ms"],
      wholes,
    ),
    table(["Usher / bare server", "server, CPU ms", "database, CPU ms"], steps),
  ].join("\n\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A connection that does nothing beyond its settings. */
function plain(id: string): SsoConnection {
  return {
    id,
    tenantId: "",
    protocol: "saml",
    provider: "custom",
    status: "enabled",
    saml: null,
    oidc: null,
    keys: [],
    signRequests: false,
    allowCbc: false,
    attributes: {},
    groupsClaim: null,
    matchClaim: null,
    ownDomains: [],
  };
}

async function connection(subjects: Subjects, fields: object): Promise<{ id: string; urls: ConnectionUrls }> {
  const path = `/tenants/${subjects.slug}/connections`;
  const id = String((await call(subjects, "POST", path, { name: "Company sign-in", ...fields }))["id"]);
  return { id, urls: connectionUrls(`http://localhost:${subjects.usher.port}`, id) };
}

async function enable(subjects: Subjects, id: string, provider: object): Promise<void> {
  const path = `/tenants/${subjects.slug}/connections/${id}`;
  await call(subjects, "PATCH", path, provider);
  await call(subjects, "PATCH", path, { status: "enabled", force: true });
}

async function hand({ bare }: Subjects, to: BareConnection): Promise<void> {
  await post(`http://127.0.0.1:${bare.port}/connection`, "POST", {}, to);
}

async function call(
  { usher, operatorKey }: Subjects,
  method: string,
  path: string,
  body: object,
): Promise<Record<string, unknown>> {
  const url = `http://127.0.0.1:${usher.port}/api/v1${path}`;
  return JSON.parse(await post(url, method, { authorization: `Bearer ${operatorKey}` }, body)) as Record<
    string,
    unknown
  >;
}

async function post(url: string, method: string, more: Record<string, string>, body: object): Promise<string> {
  const headers = { ...more, "content-type": "application/json" };
  const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
  const text = await response.text();
  assert.ok(response.ok, text);
  return text;
}
