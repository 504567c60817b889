/** Signing in by SAML, step by step, at servers that are processes of their own. */
import assert from "node:assert/strict";
import { Agent, fetch as undiciFetch, type RequestInit, type Response } from "undici";
import { connectionUrls } from "../../src/directory/connections/connectionsForSignIn.ts";
import { makeTenant, operator, type PushedTenant } from "../start/apiCalls.ts";
import { samlIdp, type TestIdp } from "../support/samlIdp.ts";

/** Both processes of a pair answer under it; requests go to their ports all the same. */
export const PUBLIC_URL = "https://usher.example";

/** Each request has a connection of its own and waits for it, as those of many browsers at once at a busy server do. */
const dispatcher = new Agent({ connect: { timeout: 120_000 }, keepAliveTimeout: 1, pipelining: 0 });
const fetch = (url: string, init: RequestInit = {}): Promise<Response> => undiciFetch(url, { ...init, dispatcher });

/** A tenant with an enabled connection. */
export interface Door {
  readonly tenant: PushedTenant;
  readonly id: string;
  readonly idp: TestIdp;
}

/** What an identity provider vouches for. */
export interface Person {
  readonly nameId: string;
  readonly email: string;
}

/** A browser that has been sent back with an answer, not yet posted. */
export interface Waiting {
  readonly cookie: string;
  readonly response: string;
}

/** Makes a tenant, and in it a connection that is enabled. */
export async function makeDoor(url: string, more: object = {}): Promise<Door> {
  const tenant = await makeTenant(url, more);
  const path = `/tenants/${tenant.slug}/connections`;
  const fields = { protocol: "saml", provider: "custom", name: "Company sign-in", attributes: { email: "email" } };
  const id = String((await operator("POST", url, path, fields))["id"]);
  const idp = samlIdp(connectionUrls(PUBLIC_URL, id), "both");
  await operator("PATCH", url, `${path}/${id}`, { saml: { metadataXml: idp.metadata } });
  await operator("PATCH", url, `${path}/${id}`, { status: "enabled", force: true });
  return { tenant, id, idp };
}

let browsers = 0;

/** Begins in a new browser, which has an address of its own, and lets the identity provider answer. */
export async function begin(url: string, { id, idp }: Door, person: Person): Promise<Waiting> {
  const headers = { "x-forwarded-for": `198.51.100.${browsers++ % 250}` };
  const begun = await fetch(`${url}/sso/start?connection=${id}`, { redirect: "manual", headers });
  assert.equal(begun.status, 303);
  const cookie = begun.headers.getSetCookie().map((line) => line.split(";", 1)[0]);
  const { samlResponse } = await idp.answer(begun.headers.get("location") ?? "", person);
  return { cookie: cookie.join("; "), response: samlResponse };
}

/** Where a browser was sent, and what it was given. */
export interface Step {
  readonly status: number;
  readonly location: string;
  readonly cookie: string;
  readonly retryAfter: string | null;
}

/** Posts the answer from an address, as the identity provider's page makes a browser do: without our cookies. */
export async function post(url: string, { id }: Door, { response }: Waiting, ip = "192.0.2.1"): Promise<Step> {
  const body = new URLSearchParams({ SAMLResponse: response });
  const headers = { "x-forwarded-for": ip };
  return step(await fetch(`${url}/sso/saml/${id}/acs`, { method: "POST", redirect: "manual", headers, body }));
}

/** Follows the handle, in the browser that began. */
export async function finish(url: string, { location }: Step, { cookie }: Waiting): Promise<Step> {
  return step(await fetch(url + location, { redirect: "manual", headers: { cookie } }));
}

/** The id of the member whom the session of a finished sign-in belongs to. */
export async function memberOf(url: string, { cookie }: Step): Promise<string> {
  const response = await fetch(`${url}/api/v1/session`, { headers: { cookie } });
  assert.equal(response.status, 200);
  return ((await response.json()) as { member: { id: string } }).member.id;
}

/** How many members of a tenant the admin API finds with a query. */
export async function totalOf(url: string, { tenant }: Door, query = ""): Promise<number> {
  return Number((await operator("GET", url, `/tenants/${tenant.slug}/members${query}`))["total"]);
}

async function step(response: Response): Promise<Step> {
  await response.arrayBuffer();
  const cookies = response.headers.getSetCookie().map((line) => line.split(";", 1)[0]);
  return {
    status: response.status,
    location: response.headers.get("location") ?? "",
    cookie: cookies.filter((pair) => !pair?.endsWith("=")).join("; "),
    retryAfter: response.headers.get("retry-after"),
  };
}
