/** The admin API over HTTP, each answer checked against the document that the API shows of itself. */
import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";
import express, { type Express } from "express";
import supertest from "supertest";
import { adminSurface } from "../../src/admin/index.ts";
import { createLogger } from "../../src/http/logger.ts";
import { createOutbound } from "../../src/http/outbound.ts";
import { createSamlThreads } from "../../src/sso/saml/threads.ts";
import type { Database } from "../../src/storage/types.ts";
import { lookUpTxt } from "./dns.ts";

export const OPERATOR_KEY = "operator-key-of-the-tests-0123456789";
const PUBLIC_URL = "https://usher.example";

/** What secrets are sealed with, and where requests may go: to this machine. */
export const ways = {
  secretKeys: [Buffer.alloc(32, 7)],
  outbound: createOutbound({ allowedNetworks: ["127.0.0.0/8"] }),
  lookUpTxt,
  samlThreads: createSamlThreads(),
};

export type Method = "get" | "post" | "put" | "patch" | "delete";

export interface ApiReply {
  readonly status: number;
  // What a test reads of it, it asserts.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Calls paths below `/api/v1`, as the operator unless `as` says otherwise. */
export interface Api {
  get(path: string): Promise<ApiReply>;
  post(path: string, body?: unknown): Promise<ApiReply>;
  put(path: string, body?: unknown): Promise<ApiReply>;
  patch(path: string, body?: unknown): Promise<ApiReply>;
  delete(path: string, body?: unknown): Promise<ApiReply>;
  /** Posts a file as it is. */
  postFile(path: string, file: string | Buffer, type?: string): Promise<ApiReply>;
  /** The same with this bearer token; null = without one. */
  as(token: string | null): Api;
}

/** What a test needs of the document. */
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<Method, Operation>>>>>;
  readonly [member: string]: unknown;
}

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
  readonly [member: string]: unknown;
}

/** An express application with the admin API alone. */
export function adminApp(db: Database, clock?: () => Date): Express {
  const faults = { write: (line: string) => void process.stderr.write(line) };
  const log = createLogger("error", faults);
  const app = express();
  const options = { db, operatorKeys: [OPERATOR_KEY], publicUrl: PUBLIC_URL, ...ways, log };
  app.use("/api/v1", adminSurface(clock ? { ...options, clock } : options));
  return app;
}

const apps = new WeakMap<Database, Express>();

/** The API on this database; with a clock where time matters. */
export function api(db: Database, clock?: () => Date): Api {
  const app = clock ? adminApp(db, clock) : (apps.get(db) ?? adminApp(db));
  if (!clock) apps.set(db, app);
  return callerOf(app, OPERATOR_KEY);
}

function callerOf(app: Express, token: string | null): Api {
  const call = async (method: Method, path: string, body?: unknown): Promise<ApiReply> => {
    const request = supertest(app)[method](`/api/v1${path}`);
    if (token !== null) request.set("Authorization", `Bearer ${token}`);
    if (body !== undefined) request.set("Content-Type", "application/json");
    const reply = await (body === undefined ? request : request.send(asText(body)));
    await checkReply(app, method, path, reply);
    return reply;
  };
  return {
    get: (path) => call("get", path),
    post: (path, body) => call("post", path, body),
    put: (path, body) => call("put", path, body),
    patch: (path, body) => call("patch", path, body),
    delete: (path, body) => call("delete", path, body),
    postFile: async (path, file, type = "text/csv") => {
      const request = supertest(app).post(`/api/v1${path}`).set("Content-Type", type);
      if (token !== null) request.set("Authorization", `Bearer ${token}`);
      const reply = await request.send(Buffer.from(file as string));
      await checkReply(app, "post", path, reply);
      return reply;
    },
    as: (other) => callerOf(app, other),
  };
}

/** A string is sent as it is, for bodies that are not JSON. */
function asText(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

interface Checks {
  readonly document: Document;
  readonly ajv: Ajv2020;
}

const checks = new WeakMap<Express, Promise<Checks>>();

/** The document that this application shows, and an ajv that knows it. */
export function documentOf(app: Express): Promise<Checks> {
  let known = checks.get(app);
  if (!known) {
    known = readDocument(app);
    checks.set(app, known);
  }
  return known;
}

async function readDocument(app: Express): Promise<Checks> {
  const document = (await supertest(app).get("/api/v1/openapi.json").expect(200)).body as Document;
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
  for (const name of ["uuid", "date-time", "uri-reference", "email"] as const) ajv.addFormat(name, fullFormats[name]);
  ajv.addVocabulary(["openapi", "info", "servers", "security", "tags", "paths", "components"]);
  return { document, ajv: ajv.addSchema(document, "openapi") };
}

/** Refuses an answer that the document does not describe. */
async function checkReply(app: Express, method: Method, path: string, reply: ApiReply): Promise<void> {
  const { document, ajv } = await documentOf(app);
  const found = operationAt(document, method, path);
  const type = reply.headers["content-type"]?.split(";")[0] ?? "";
  if (reply.status >= 400) assert.equal(type, "application/problem+json", `${method} ${path}: ${reply.text}`);
  assert.notEqual(reply.status, 500, `${method} ${path}: ${reply.text}`);
  // A path or method that the API does not have has no description; its refusal was checked above.
  if (!found) {
    assert.ok(reply.status >= 400, `${method} ${path} is not in the document`);
    return;
  }
  const status = String(reply.status);
  const { responses } = found.operation;
  assert.ok(responses[status] ?? (reply.status >= 400 && responses["default"]), `${method} ${path}: ${status}`);
  const key = responses[status] ? status : "default";
  const content = responses[key]?.content;
  if (!content) return assert.equal(reply.text, "", `${method} ${path}: a body where the document has none`);
  assert.ok(content[type], `${method} ${path}: ${type} is not in the document`);
  if (!/[/+]json$/.test(type)) return;
  const tokens = ["paths", found.template, method, "responses", key, "content", type, "schema"];
  const check = ajv.compile({ $ref: `openapi#/${tokens.map(pointerToken).join("/")}` });
  assert.ok(check(reply.body), `${method} ${path} ${status}: ${ajv.errorsText(check.errors)} in ${reply.text}`);
}

/** The operation of the document that a path belongs to; a path without parameters goes before one with them. */
function operationAt(
  { paths }: Document,
  method: Method,
  path: string,
): { template: string; operation: Operation } | undefined {
  const [plain = ""] = path.split("?");
  const matches = Object.keys(paths).filter((template) => matcher(template).test(plain));
  const [template] = matches.toSorted((a, b) => a.split("{").length - b.split("{").length);
  const operation = template === undefined ? undefined : paths[template]?.[method];
  return template !== undefined && operation ? { template, operation } : undefined;
}

function matcher(template: string): RegExp {
  return new RegExp(`^${template.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}/?$`);
}

function pointerToken(token: string): string {
  return encodeURIComponent(token.replaceAll("~", "~0").replaceAll("/", "~1"));
}
