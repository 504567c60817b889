/**
 * How long a SCIM look-up takes while people sign in by SAML, beside the same look-ups on the idle server. Look-ups come
 * at a fixed rate and are timed from when they were due, so that one that waits for another counts its waiting.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { connectionUrls } from "../src/directory/connections/connectionsForSignIn.ts";
import { samlIdp } from "../test/support/samlIdp.ts";
import { openConnection, type HttpConnection } from "./connection.ts";
import { startUsher, type ServerOptions } from "./servers.ts";
import { createPerson, searchByUserName } from "./userCalls.ts";
import { check } from "./scenarios.ts";

const SIGN_INS_A_SECOND = 20;
const LOOK_UPS_A_SECOND = 100;
const CONNECTIONS = 8;
const PEOPLE = 200;
/** Idle and loaded take turns. */
const [ROUNDS, SECONDS] = [5, 6];
/** What the load may make of the idle server's p99. */
const MOST_TIMES = 3;

/** Latencies in milliseconds. */
export interface LoadResult {
  readonly idle: { readonly p50: number; readonly p99: number };
  readonly loaded: { readonly p50: number; readonly p99: number };
  /** Sign-ins that were finished in a second. */
  readonly signIns: number;
  readonly times: number;
}

interface Place {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** Of the connection. */
  readonly id: string;
  readonly idp: ReturnType<typeof samlIdp>;
  readonly agent: Agent;
}

/** On a server of its own, which may reach loopback and believes whose address a browser has. */
export async function signInLoad(options: ServerOptions, operatorKey: string): Promise<LoadResult> {
  const server = await startUsher(options, operatorKey, { TRUST_PROXY: "true", ALLOWED_NETWORKS: "127.0.0.0/8" });
  const agent = new Agent({ connections: 64 });
  try {
    const place = await placeOf(server.port, operatorKey, agent);
    // Code is compiled and threads start.
    await loaded(place, await prepared(place));
    const idle: number[] = [];
    const busy: number[] = [];
    let signIns = 0;
    for (let round = 0; round < ROUNDS; round++) {
      idle.push(...(await lookUps(place)));
      const one = await loaded(place, await prepared(place));
      busy.push(...one.latencies);
      signIns += one.signIns / SECONDS / ROUNDS;
    }
    const [calm, under] = [percentiles(idle), percentiles(busy)];
    return { idle: calm, loaded: under, signIns, times: under.p99 / calm.p99 };
  } finally {
    await agent.close();
    await server.stop();
  }
}

async function placeOf(port: number, operatorKey: string, agent: Agent): Promise<Place> {
  const url = `http://localhost:${port}`;
  const slug = `load-${Date.now()}`;
  const admin = async (method: "POST" | "PATCH", path: string, body: object): Promise<Record<string, unknown>> => {
    const headers = { authorization: `Bearer ${operatorKey}`, "content-type": "application/json" };
    const answer = await request(`${url}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
    const text = await answer.body.text();
    assert.ok(answer.statusCode < 300, text);
    return JSON.parse(text) as Record<string, unknown>;
  };
  await admin("POST", "/tenants", { slug, name: "Load", seatLimit: null });
  const token = String((await admin("POST", `/tenants/${slug}/scim-tokens`, { name: "load" }))["token"]);
  const list = `/tenants/${slug}/connections`;
  const fields = { protocol: "saml", name: "Company sign-in", attributes: { email: "email" } };
  const id = String((await admin("POST", list, fields))["id"]);
  const idp = samlIdp(connectionUrls(url, id), "assertion");
  await admin("PATCH", `/tenants/${slug}`, { settings: { signIn: { provisioning: "jit" } } });
  await admin("PATCH", `${list}/${id}`, { saml: { metadataXml: idp.metadata }, status: "enabled", force: true });
  const connection = await openConnection(port);
  for (let i = 0; i < PEOPLE; i++) {
    const call = createPerson("/scim/v2", token, `load-${i}`, () => {});
    check(call, await connection.send(call));
  }
  connection.close();
  return { url, port, token, id, idp, agent };
}

/** A browser that comes back from the identity provider. */
interface Coming {
  readonly cookie: string;
  readonly form: string;
  readonly ip: string;
}

let comers = 0;

/** Sign-ins that have been begun and answered: signing them is the provider's work, and not to be timed. */
async function prepared(place: Place): Promise<Coming[]> {
  const all: Coming[] = [];
  for (let i = 0; i < SIGN_INS_A_SECOND * SECONDS; i++) {
    const ip = `198.51.100.${i % 250}`;
    const { location, cookie } = await start(place, ip);
    const name = `comer-${comers++ % 500}`;
    const { samlResponse } = await place.idp.answer(location, { nameId: name, email: `${name}@customer.example` });
    all.push({ cookie, form: String(new URLSearchParams({ SAMLResponse: samlResponse })), ip });
  }
  return all;
}

/** All of the prepared sign-ins in their seconds, each with a start of another in its place, and look-ups meanwhile. */
async function loaded(place: Place, coming: readonly Coming[]): Promise<{ latencies: number[]; signIns: number }> {
  const began = performance.now();
  const all = coming.map(async (browser, i) => {
    await sleep(began + (i * 1000) / SIGN_INS_A_SECOND - performance.now());
    await start(place, browser.ip);
    const headers = { "x-forwarded-for": browser.ip, "content-type": "application/x-www-form-urlencoded" };
    const { location } = await visit(place, "POST", `/sso/saml/${place.id}/acs`, headers, browser.form);
    await visit(place, "GET", location, { cookie: browser.cookie });
    return performance.now() <= began + SECONDS * 1000;
  });
  const [latencies, inTime] = await Promise.all([lookUps(place), Promise.all(all)]);
  return { latencies, signIns: inTime.filter(Boolean).length };
}

function start(place: Place, ip: string): Promise<{ location: string; cookie: string }> {
  return visit(place, "GET", `/sso/start?connection=${place.id}`, { "x-forwarded-for": ip });
}

async function visit(
  { url, agent }: Place,
  method: "GET" | "POST",
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<{ location: string; cookie: string }> {
  const answer = await request(url + path, { method, headers, dispatcher: agent, ...(body !== undefined && { body }) });
  const text = await answer.body.text();
  assert.equal(answer.statusCode, 303, text);
  const [cookie = ""] = [answer.headers["set-cookie"] ?? []].flat();
  return { location: String(answer.headers.location), cookie: cookie.split(";", 1)[0] ?? "" };
}

/** Milliseconds of each look-up, from when it was due. */
async function lookUps({ port, token }: Place): Promise<number[]> {
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => openConnection(port)));
  const turns: Promise<unknown>[] = connections.map(() => Promise.resolve());
  const latencies: number[] = [];
  const began = performance.now();
  const one = async (connection: HttpConnection, i: number, due: number): Promise<void> => {
    const call = searchByUserName("/scim/v2", token, `load-${i % PEOPLE}`);
    check(call, await connection.send(call));
    latencies.push(performance.now() - due);
  };
  for (let i = 0; i < LOOK_UPS_A_SECOND * SECONDS; i++) {
    const due = began + (i * 1000) / LOOK_UPS_A_SECOND;
    await sleep(due - performance.now());
    const at = i % CONNECTIONS;
    const connection = connections[at];
    if (connection) turns[at] = turns[at]?.then(() => one(connection, i, due)) ?? Promise.resolve();
  }
  await Promise.all(turns);
  for (const connection of connections) connection.close();
  return latencies;
}

function percentiles(latencies: readonly number[]): { p50: number; p99: number } {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

/** One line of a table. */
export function signInLoadTable({ idle, loaded: busy, signIns, times }: LoadResult): string {
  const ms = (value: number): string => value.toFixed(1);
  const verdict = `<= ${MOST_TIMES} ${times <= MOST_TIMES ? "reached" : "missed"}`;
  const cells = [ms(idle.p50), ms(idle.p99), ms(busy.p50), ms(busy.p99), signIns.toFixed(1), times.toFixed(2), verdict];
  const head =
    "| SCIM look-up, ms | idle p50 | idle p99 | beside sign-ins p50 | beside sign-ins p99 | SAML sign-ins/s | p99, times | target |";
  return `${head}\n| --- | --- | --- | --- | --- | --- | --- | --- |\n| by userName | ${cells.join(" | ")} |`;
}
