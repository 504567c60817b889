/** Queries and bodies against the schemas of the document. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { Refusal, type FieldFault } from "../base/errors.ts";
import { isUuid } from "../base/ids.ts";
import { type OpenApi, operationKey, querySchema } from "./openapi.ts";
import type { Route } from "./route.ts";

/** Checks what a request to one route brings. */
export interface RequestCheck {
  /** @returns the query with numbers as numbers and defaults filled in */
  readonly query: (search: URLSearchParams) => unknown;
  readonly body: (value: unknown) => void;
}

/** More than a form can show, and less than a hostile body can cause. */
const MOST_FAULTS = 20;

/** The members of a document, which is no schema itself but is compiled as the root of those in it. */
const DOCUMENT = ["openapi", "info", "servers", "security", "tags", "paths", "components"];

// strictTypes off: "integer or null" is a list of types, which ajv would have us write twice.
const options = { allErrors: true, strict: true, strictTypes: false, strictRequired: false, ownProperties: true };

/**
 * Makes the checks of routes: bodies are checked by the very document that is shown. Each is compiled when it is first
 * used, for all of them together take a second of the start.
 */
export function requestChecks(document: OpenApi): (route: Route) => RequestCheck {
  const bodies = once(() => withFormats(new Ajv2020(options).addVocabulary(DOCUMENT)).addSchema(document, "openapi"));
  const queries = once(() => withFormats(new Ajv2020({ ...options, coerceTypes: true, useDefaults: true })));
  return (route) => {
    const checkQuery = once(() => queries().compile(querySchema(route)));
    const checkBody = once(() => bodies().compile({ $ref: `openapi#${bodyPointer(route)}` }));
    return {
      query: (search) => checked(checkQuery(), fieldsOf(search), "query"),
      body: (value) => void (route.body && checked(checkBody(), value, "body")),
    };
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Only what SQL and `Date` take: ajv-formats lets `urn:uuid:` and leap seconds pass. */
function withFormats(ajv: Ajv2020): Ajv2020 {
  return ajv
    .addFormat("uuid", isUuid)
    .addFormat("date-time", (text: string) => dateTime.validate(text) && !Number.isNaN(Date.parse(text)))
    .addFormat("uri-reference", true)
    .addFormat("email", fullFormats.email);
}

const dateTime = fullFormats["date-time"] as { readonly validate: (text: string) => boolean };

function bodyPointer(route: Route): string {
  const tokens = ["paths", route.path, operationKey(route), "requestBody", "content", "application/json", "schema"];
  const escaped = tokens.map((token) => encodeURIComponent(token.replaceAll("~", "~0").replaceAll("/", "~1")));
  return `/${escaped.join("/")}`;
}

function fieldsOf(search: URLSearchParams): Record<string, string> {
  const twice = [...new Set(search.keys())].filter((name) => search.getAll(name).length > 1);
  if (twice.length > 0)
    refuse(
      "query",
      twice.map((name) => ({ path: pointer(name), message: "is given twice" })),
    );
  // PostgreSQL stores no U+0000; URLSearchParams has already replaced what is not UTF-8.
  const unstorable = [...search].filter(([, value]) => value.includes("\0"));
  if (unstorable.length > 0) {
    refuse(
      "query",
      unstorable.map(([name]) => ({ path: pointer(name), message: "holds U+0000" })),
    );
  }
  return Object.fromEntries(search);
}

function checked<T>(check: ValidateFunction, value: T, part: "query" | "body"): T {
  if (check(value)) return value;
  return refuse(part, faultsOf(check.errors ?? []));
}

function refuse(part: "query" | "body", errors: readonly FieldFault[]): never {
  const words = errors.map(({ path, message }) => `${path || "it"} ${message}`).join("; ");
  throw new Refusal("invalid_request", `The ${part} is not valid: ${words}.`, { errors });
}

/** One fault for each place: of the branches of an `anyOf` the first that failed tells enough. */
function faultsOf(errors: readonly ErrorObject[]): FieldFault[] {
  const faults = new Map<string, FieldFault>();
  for (const error of errors) {
    const fault = faultOf(error);
    if (!faults.has(fault.path) && faults.size < MOST_FAULTS) faults.set(fault.path, fault);
  }
  return [...faults.values()];
}

function faultOf({ keyword, instancePath, params, message = "is not valid" }: ErrorObject): FieldFault {
  const given = params as Readonly<Record<string, unknown>>;
  switch (keyword) {
    case "additionalProperties":
      return { path: instancePath + pointer(given["additionalProperty"]), message: "is not known here; leave it out" };
    case "required":
      return { path: instancePath + pointer(given["missingProperty"]), message: "is missing" };
    case "enum":
      return { path: instancePath, message: `must be one of ${(given["allowedValues"] as unknown[]).join(", ")}` };
    default:
      return { path: instancePath, message };
  }
}

/** RFC 6901 §3. */
function pointer(name: unknown): string {
  return `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
