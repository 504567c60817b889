/** Calls to a server over HTTP: the operator's, and those of a directory that pushes. */
import assert from "node:assert/strict";
import { OPERATOR_KEY } from "./serverProcess.ts";

/** An answer, its body parsed where there is one. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One request; rejects only when there is no answer. */
export async function call(method: string, url: string, token: string, body?: unknown): Promise<Answer> {
  const type = url.includes("/scim/") ? "application/scim+json" : "application/json";
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": type },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : (JSON.parse(text) as Answer["body"]) };
}

/** A call of the operator below `/api/v1`; fails unless it succeeds. */
export async function operator(method: string, url: string, path: string, body?: unknown): Promise<Answer["body"]> {
  const answer = await call(method, `${url}/api/v1${path}`, OPERATOR_KEY, body);
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** A tenant with a directory's token. */
export interface PushedTenant {
  readonly id: string;
  readonly slug: string;
  readonly token: string;
}

let made = 0;

/** Makes a tenant by the admin API, and a SCIM token in it. */
export async function makeTenant(url: string, more: object = {}): Promise<PushedTenant> {
  const slug = `pushed-${process.pid}-${Date.now().toString(36)}-${++made}`;
  const tenant = await operator("POST", url, "/tenants", { slug, name: slug, ...more });
  const { token } = await operator("POST", url, `/tenants/${slug}/scim-tokens`, { name: "directory" });
  return { id: String(tenant["id"]), slug, token: String(token) };
}

/** A user as a directory pushes it. */
export function scimUser(userName: string, more: object = {}): object {
  return { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName, active: true, ...more };
}

/** A PATCH that sets `active`, as Okta writes it. */
export function setActive(active: boolean): object {
  return {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    Operations: [{ op: "replace", value: { active } }],
  };
}
