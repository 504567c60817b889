/** Connections: how a customer's employees sign in through their own identity provider. */
import {
  type ConnectionFields,
  createConnection,
  listConnections,
  readConnection,
  removeConnection,
  updateConnection,
} from "../directory/connections.ts";
import { shownKey } from "../directory/connectionKeys.ts";
import type { Connection } from "../directory/connections.store.ts";
import { connectionUrls } from "../directory/connectionsForSignIn.ts";
import { connection, connectionChange, newConnection } from "./connectionSchemas.ts";
import {
  clientKeyFor,
  faulty,
  type OidcBody,
  oidcProvider,
  type SamlBody,
  samlProvider,
} from "./connectionSettings.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import { json, nothing, pageOf, pageQuery, ref } from "./schemas.ts";

export const connections: Resource = {
  tag: "Connections",
  description:
    "Single sign-on by SAML 2.0 or OpenID Connect. Our addresses are known once a connection is made; the identity " +
    "provider's side may come later. Nobody signs in by it until it is enabled.",
  schemas: { Connection: connection },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/connections",
      operationId: "listConnections",
      summary: "List the connections, the oldest first",
      permission: "connections:view",
      query: pageQuery,
      responses: { 200: json("A page of connections.", pageOf(ref("Connection"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/connections",
      operationId: "createConnection",
      summary: "Make a connection, as a draft",
      permission: "connections:create",
      body: newConnection,
      responses: { 201: json("The connection.", ref("Connection")) },
      handle: post,
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/connections/{id}",
      operationId: "getConnection",
      summary: "Read a connection",
      permission: "connections:view",
      responses: { 200: json("The connection.", ref("Connection")) },
      handle: read,
    },
    {
      scope: "tenant",
      method: "PATCH",
      path: "/tenants/{t}/connections/{id}",
      operationId: "updateConnection",
      summary: "Change, enable or disable a connection; to disable it ends no session",
      permission: "connections:edit",
      body: connectionChange,
      responses: { 200: json("The connection.", ref("Connection")) },
      handle: patch,
    },
    {
      scope: "tenant",
      method: "DELETE",
      path: "/tenants/{t}/connections/{id}",
      operationId: "deleteConnection",
      summary: "Delete a connection with its identities; the sessions that came by it end, members stay",
      permission: "connections:delete",
      responses: { 204: nothing },
      handle: remove,
    },
  ],
};

interface Sides {
  readonly saml?: SamlBody;
  readonly oidc?: OidcBody;
}

interface NewConnectionBody extends Partial<ConnectionFields>, Sides {
  readonly protocol: Connection["protocol"];
  readonly name: string;
}

interface ConnectionChangeBody extends Partial<ConnectionFields>, Sides {
  readonly status?: "enabled" | "disabled";
  readonly force?: boolean;
}

/** What holds of a connection of which nothing else was said. */
const usual = {
  provider: "other",
  directoryId: null,
  match: null,
  attributes: {},
  groupsClaim: null,
  unsolicited: "restart",
  signRequests: false,
  allowCbc: false,
} as const;

async function list({ db, who, query, publicUrl }: TenantCall<PageQuery>): Promise<JsonAnswer> {
  const page = await listConnections(db, who, { limit: query.limit, place: idPlace(query) });
  return { status: 200, body: idPage(page, (each) => shown(each, publicUrl)) };
}

async function read({ db, who, params, publicUrl }: TenantCall): Promise<JsonAnswer> {
  return { status: 200, body: shown(await readConnection(db, who, params["id"] ?? ""), publicUrl) };
}

async function post(call: TenantCall<unknown, NewConnectionBody>): Promise<JsonAnswer> {
  const { saml, oidc, ...fields } = call.body;
  const { protocol, provider = usual.provider } = fields;
  refuseOther(call.body, protocol);
  const nothingKept = { oidc: null, hasSecret: false };
  const data = saml
    ? await samlProvider(saml, call)
    : oidc && oidcProvider(oidc, provider, nothingKept, call, await clientKeyFor(oidc));
  const made = await createConnection(call, call.who, { ...usual, ...fields, data: data ?? null });
  return { status: 201, body: shown(made, call.publicUrl) };
}

async function patch(call: TenantCall<unknown, ConnectionChangeBody>): Promise<JsonAnswer> {
  const { saml, oidc, ...fields } = call.body;
  if (fields.force !== undefined && fields.status !== "enabled") {
    throw faulty("/force", "belongs to `status: enabled`; leave it out");
  }
  const id = idOf(call);
  const { protocol } = await readConnection(call.db, call.who, id);
  refuseOther(call.body, protocol);
  const data = saml ? await samlData(saml, call) : await oidcData(oidc, fields.provider, call);
  const after = await updateConnection(call, call.who, id, { ...fields, ...(data && { data }) });
  return { status: 200, body: shown(after, call.publicUrl) };
}

type MakeData = NonNullable<Parameters<typeof updateConnection>[3]["data"]>;

async function samlData(body: SamlBody, call: TenantCall): Promise<MakeData> {
  const data = await samlProvider(body, call);
  return () => data;
}

/** What is kept must suit another provider as well: Entra ID is held to one tenant. */
async function oidcData(
  body: OidcBody | undefined,
  provider: string | undefined,
  call: TenantCall,
): Promise<MakeData | undefined> {
  if (body === undefined && provider === undefined) return undefined;
  const clientKey = await clientKeyFor(body);
  return (before) => {
    if (body === undefined && before.oidc === null) return { saml: before.saml, oidc: null };
    return oidcProvider(body ?? {}, provider ?? before.provider, before, call, clientKey);
  };
}

function refuseOther(sides: Sides, protocol: Connection["protocol"]): void {
  const other = protocol === "saml" ? "oidc" : "saml";
  if (sides[other] === undefined) return;
  throw faulty(`/${other}`, `does not belong to a connection whose protocol is ${protocol}; make another connection`);
}

async function remove(call: TenantCall): Promise<JsonAnswer> {
  await removeConnection(call.db, call.who, idOf(call));
  return { status: 204 };
}

function idOf(call: Pick<TenantCall, "params">): string {
  return call.params["id"] ?? "";
}

/** A connection with our own addresses, and never with its secret. */
function shown(each: Connection, publicUrl: string): Record<string, unknown> {
  const { saml: _saml, oidc: _oidc, hasSecret: _hasSecret, keys: _keys, ...more } = each;
  const { metadataRefreshedAt: _read, metadataError: _fault, metadataDueAt: _due, ...rest } = more;
  const side = rest.protocol === "oidc" ? shownOidc : shownSaml;
  return { ...rest, [rest.protocol]: side(each, publicUrl) };
}

function shownOidc({ id, oidc, hasSecret }: Connection, publicUrl: string): Record<string, unknown> {
  const { redirectUri, backchannelLogoutUri, jwksUri } = connectionUrls(publicUrl, id);
  const { issuer = null, clientId = null, hostedDomain = null, scopes = null, endSession = false } = oidc ?? {};
  const clientAuthentication = oidc?.clientAuthentication ?? "client_secret";
  const hasClientSecret = hasSecret && clientAuthentication === "client_secret";
  const ours = { redirectUri, backchannelLogoutUri, postLogoutRedirectUri: `${publicUrl}/sso/start`, jwksUri };
  return { ...ours, issuer, clientId, clientAuthentication, hasClientSecret, hostedDomain, scopes, endSession };
}

function shownSaml(
  { id, saml, keys, metadataRefreshedAt, metadataError }: Connection,
  publicUrl: string,
): Record<string, unknown> {
  const { acsUrl, spEntityId, metadataUrl } = connectionUrls(publicUrl, id);
  const { entityId = null, ssoUrl = null, certificates = [], metadataUrl: url = null } = saml ?? {};
  const metadata = url === null ? null : { url, refreshedAt: metadataRefreshedAt, lastError: metadataError };
  const wantsSignedRequests = saml?.wantsSignedRequests === true;
  const theirs = { entityId, ssoUrl, certificates, metadata, wantsSignedRequests };
  return { acsUrl, spEntityId, metadataUrl, keys: keys.map(shownKey), ...theirs };
}
