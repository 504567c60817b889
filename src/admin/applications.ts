/** The vendor's applications, which learn by OpenID Connect who has signed in. */
import {
  changeApplication,
  createApplication,
  listApplications,
  type NewApplication,
  readApplication,
  removeApplication,
  renewSecret,
} from "../directory/applications/applications.ts";
import type { Application } from "../directory/applications/applications.store.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { Call, JsonAnswer, Resource, Schema } from "./route.ts";
import {
  arrayOf,
  id,
  instant,
  json,
  label,
  nothing,
  nullable,
  object,
  pageOf,
  pageQuery,
  record,
  ref,
  text,
} from "./schemas.ts";

const uri: Schema = { type: "string", minLength: 1, maxLength: 2000 };
/** The library looks through all of them at each request. */
const uris = (description: string, more: Schema = {}): Schema => ({
  ...arrayOf(uri, { maxItems: 50, uniqueItems: true, ...more }),
  description,
});

const type: Schema = {
  enum: ["web", "spa", "native"],
  description: "`web` keeps a secret; `spa` runs in browsers and `native` on devices, which have PKCE alone.",
};

const fields = {
  name: label,
  redirectUris: uris("Where browsers come back to, to the letter: https, or http on loopback.", { minItems: 1 }),
  postLogoutRedirectUris: uris("Where browsers may go after a sign-out."),
  backchannelLogoutUri: nullable({
    ...uri,
    description: "Told when somebody is signed out (OIDC Back-Channel Logout).",
  }),
  initiateLoginUri: nullable({ ...uri, description: "Where a sign-in is begun from outside (OIDC Core §4)." }),
  resources: uris("The APIs for which it may ask for access tokens (RFC 8707)."),
};

const secret: Schema = { type: "string", description: "Shown this once." };

export const applications: Resource = {
  tag: "Applications",
  description:
    "The vendor's applications, for people of all tenants. Each is a client of the OpenID Provider at `/oidc`; how one " +
    "is connected says docs/applications.md.",
  schemas: {
    Application: record({ clientId: id, ...fields, type, createdAt: instant, updatedAt: instant }),
    NewApplication: object({ ...fields, type }, ["name", "type", "redirectUris"]),
    ApplicationChange: object(fields),
    CreatedApplication: record({
      clientId: id,
      clientSecret: nullable(secret),
      ...fields,
      type,
      createdAt: instant,
      updatedAt: instant,
    }),
    ApplicationPage: pageOf(ref("Application")),
    ApplicationSecret: record({ clientId: text, clientSecret: secret }),
  },
  routes: [
    {
      scope: "server",
      method: "GET",
      path: "/apps",
      operationId: "listApplications",
      summary: "List them, as they were made",
      permission: "operator",
      query: pageQuery,
      responses: { 200: json("A page.", ref("ApplicationPage")) },
      handle: list,
    },
    {
      scope: "server",
      method: "POST",
      path: "/apps",
      operationId: "createApplication",
      summary: "Register one",
      permission: "operator",
      body: ref("NewApplication"),
      responses: { 201: json("The application, with its secret where it keeps one.", ref("CreatedApplication")) },
      handle: create,
    },
    {
      scope: "server",
      method: "GET",
      path: "/apps/{clientId}",
      operationId: "getApplication",
      summary: "Read one",
      permission: "operator",
      responses: { 200: json("The application.", ref("Application")) },
      handle: async (call) => ({ status: 200, body: await readApplication(call.db, call, clientIdOf(call)) }),
    },
    {
      scope: "server",
      method: "PATCH",
      path: "/apps/{clientId}",
      operationId: "changeApplication",
      summary: "Change what is given",
      permission: "operator",
      body: ref("ApplicationChange"),
      responses: { 200: json("The application.", ref("Application")) },
      handle: change,
    },
    {
      scope: "server",
      method: "DELETE",
      path: "/apps/{clientId}",
      operationId: "deleteApplication",
      summary: "Remove one: what it was given opens nothing any more",
      permission: "operator",
      responses: { 204: nothing },
      handle: remove,
    },
    {
      scope: "server",
      method: "POST",
      path: "/apps/{clientId}/secret",
      operationId: "renewApplicationSecret",
      summary: "Make another secret",
      permission: "operator",
      query: {
        keepOldSeconds: {
          type: "integer",
          minimum: 0,
          maximum: 604_800,
          default: 0,
          description: "How long the one before is good beside it, a week at most; 0 after a leak.",
        },
      },
      responses: { 201: json("The new secret.", ref("ApplicationSecret")) },
      handle: renew,
    },
  ],
};

function clientIdOf({ params }: Call): string {
  return params["clientId"] ?? "";
}

async function list(call: Call): Promise<JsonAnswer> {
  const query = call.query as PageQuery;
  const page = await listApplications(call.db, call, { place: idPlace(query), limit: query.limit });
  return { status: 200, body: idPage(page, (application: Application) => application) };
}

async function create(call: Call): Promise<JsonAnswer> {
  const given = call.body as Pick<NewApplication, "name" | "type" | "redirectUris"> & Partial<NewApplication>;
  const none = { postLogoutRedirectUris: [], backchannelLogoutUri: null, initiateLoginUri: null, resources: [] };
  const { application, clientSecret } = await createApplication(call.db, call, { ...none, ...given });
  return { status: 201, body: { ...application, clientSecret } };
}

async function change(call: Call): Promise<JsonAnswer> {
  const body = await changeApplication(call.db, call, clientIdOf(call), call.body as Partial<NewApplication>);
  return { status: 200, body };
}

async function remove(call: Call): Promise<JsonAnswer> {
  await removeApplication(call.db, call, clientIdOf(call));
  return { status: 204 };
}

async function renew(call: Call): Promise<JsonAnswer> {
  const { keepOldSeconds } = call.query as { keepOldSeconds: number };
  const clientId = clientIdOf(call);
  return { status: 201, body: { clientId, ...(await renewSecret(call.db, call, clientId, keepOldSeconds)) } };
}
