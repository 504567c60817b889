/** The document at `/api/v1/openapi.json` (OpenAPI 3.1), made from the routes. */
import type { Reply, Resource, Route, Schema } from "./route.ts";
import { problem, ref } from "./schemas.ts";

/** The whole document; requests are checked against the schemas in it. */
export interface OpenApi extends Schema {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Schema>>>>;
}

const PROBLEM_TYPE = "application/problem+json";

/** Refusals that a route may answer, for those that every one of their kind may. */
const refusals = {
  400: "`invalid_request`: the query or the body is not what it should be; `errors` tells where.",
  401: "`unauthenticated`: no credential, or none that is valid.",
  403: "`forbidden`: the credential does not permit this.",
  404: "`not_found`: there is no such thing in this tenant, or no such tenant for this credential.",
} as const;

/** Makes the document. */
export function openApi(resources: readonly Resource[], serverUrl: string): OpenApi {
  return {
    openapi: "3.1.0",
    info: {
      title: "Usher admin API",
      version: "1",
      description: "Tenants, what they bought, and their members. Errors are problem details (RFC 9457).",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: serverUrl }],
    security: [{ bearer: [] }],
    tags: resources.map(({ tag, description }) => ({ name: tag, description })),
    paths: pathsOf(resources),
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "The operator key, or an API key of the tenant." },
      },
      schemas: { Problem: problem, ...Object.assign({}, ...resources.map(({ schemas }) => schemas)) },
    },
  };
}

/** The key of a path's operation in the document. */
export function operationKey({ method }: Pick<Route, "method">): string {
  return method.toLowerCase();
}

/** The query of a route as one schema. */
export function querySchema({ query = {} }: Pick<Route, "query">): Schema {
  return { type: "object", additionalProperties: false, properties: query };
}

/** The names of a path's parameters. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
}

/** Whether a path parameter holds an id, which is a UUID. */
export function isIdParameter(name: string): boolean {
  return name === "id" || name.endsWith("Id");
}

function pathsOf(resources: readonly Resource[]): OpenApi["paths"] {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const { tag, routes } of resources) {
    for (const route of routes) (paths[route.path] ??= {})[operationKey(route)] = operation(route, tag);
  }
  return paths;
}

function operation(route: Route, tag: string): Schema {
  const { operationId, summary, permission } = route;
  const orMember = "members" in route && route.members ? ", or to be a member who has signed in" : "";
  const parameters = parametersOf(route);
  return {
    operationId,
    summary,
    tags: [tag],
    ...(permission === "public" ? { security: [] } : { description: `Needs ${needed(permission)}${orMember}.` }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...bodyOf(route),
    responses: responsesOf(route),
  };
}

function bodyOf({ body, file }: Route): Schema {
  if (body) return { requestBody: { required: true, content: { "application/json": { schema: body } } } };
  if (!file) return {};
  const { mediaType, description } = file;
  return { requestBody: { required: true, description, content: { [mediaType]: { schema: { type: "string" } } } } };
}

function needed(permission: string): string {
  if (permission === "setup") return "the cookie of whoever redeemed a setup link";
  return permission === "operator" ? "the operator key" : `the permission \`${permission}\``;
}

function parametersOf({ path, query = {} }: Route): Schema[] {
  const inPath = pathParameters(path).map((name) => ({ name, in: "path", required: true, schema: parameterOf(name) }));
  const inQuery = Object.entries(query).map(([name, schema]) => ({ name, in: "query", schema }));
  return [...inPath, ...inQuery];
}

function parameterOf(name: string): Schema {
  if (name === "t") return { type: "string", description: "Slug or id of the tenant." };
  return isIdParameter(name) ? { type: "string", format: "uuid" } : { type: "string" };
}

function responsesOf(route: Route): Schema {
  const answers = Object.entries(route.responses).map(([status, reply]) => [status, replyOf(reply)]);
  const refused = refusedOf(route).map((status) => [status, problemOf(refusals[status])]);
  const others = ["default", problemOf("Any other refusal, or a fault of the server.")];
  return Object.fromEntries([...answers, ...refused, others]) as Schema;
}

function refusedOf({ query, body, file, permission, path }: Route): (keyof typeof refusals)[] {
  return [
    ...(query || body || file ? [400 as const] : []),
    ...(permission === "public" ? [] : [401 as const, 403 as const]),
    ...(path.includes("{") ? [404 as const] : []),
  ];
}

function replyOf({ description, schema, mediaType = "application/json" }: Reply): Schema {
  return schema ? { description, content: { [mediaType]: { schema } } } : { description };
}

function problemOf(description: string): Schema {
  return replyOf({ description, schema: ref("Problem"), mediaType: PROBLEM_TYPE });
}
