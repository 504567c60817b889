/** Connections: how a customer's employees sign in through their own identity provider. */
import {
  type ConnectionFields,
  createConnection,
  listConnections,
  type NewConnection,
  readConnection,
  removeConnection,
  updateConnection,
} from "../directory/connections/connections.ts";
import { shownKey } from "../directory/connections/connectionKeys.ts";
import type { Connection } from "../directory/connections/connections.store.ts";
import { connectionUrls } from "../directory/connections/connectionsForSignIn.ts";
import { presetOf } from "../sso/presets/presets.ts";
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
      setup: "sso",
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
      setup: "sso",
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
      setup: "sso",
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
  readonly protocol?: Connection["protocol"];
}

interface ConnectionChangeBody extends Partial<ConnectionFields>, Sides {
  readonly status?: "enabled" | "disabled";
  readonly force?: boolean;
}

/** What holds of a connection of which nothing else was said. */
export const usual = {
  provider: "other",
  directoryId: null,
  match: null,
  attributes: {},
  groupsClaim: null,
  unsolicited: "restart",
  signRequests: false,
  allowCbc: false,
  singleLogout: true,
} as const;

async function list({ db, who, query, publicUrl }: TenantCall<PageQuery>): Promise<JsonAnswer> {
  const page = await listConnections(db, who, { limit: query.limit, place: idPlace(query) });
  return { status: 200, body: idPage(page, (each) => shown(each, publicUrl)) };
}

async function read({ db, who, params, publicUrl }: TenantCall): Promise<JsonAnswer> {
  return { status: 200, body: shown(await readConnection(db, who, params["id"] ?? ""), publicUrl) };
}

async function post(call: TenantCall<unknown, NewConnectionBody>): Promise<JsonAnswer> {
  const { saml, oidc, ...body } = call.body;
  const fields = { ...usual, ...body, ...presetFields(body) };
  refuseOther(call.body, fields.protocol);
  const nothingKept = { oidc: null, hasSecret: false };
  const data = saml
    ? await samlProvider(saml, { ...call, whose: call.who.tenantId })
    : oidc && oidcProvider(oidc, fields.provider, nothingKept, call, await clientKeyFor(oidc));
  const made = await createConnection(call, call.who, { ...fields, data: data ?? null });
  return { status: 201, body: shown(made, call.publicUrl) };
}

/** What a body leaves to the preset of its provider. @throws Refusal `invalid_request` where that says nothing either */
function presetFields(body: Omit<NewConnectionBody, keyof Sides>): Pick<NewConnection, PresetField> {
  const preset = presetOf(body.provider, body.protocol);
  const protocol = body.protocol ?? preset?.protocol;
  const name = body.name ?? preset?.name;
  if (protocol === undefined) throw faulty("/protocol", "is missing, and provider names no preset that says it");
  if (name === undefined) throw faulty("/name", "is missing");
  const { attributes = usual.attributes, groupsClaim = usual.groupsClaim } = { ...preset?.defaults, ...body };
  return { protocol, name, attributes, groupsClaim };
}

type PresetField = "protocol" | "name" | "attributes" | "groupsClaim";

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
  const data = await samlProvider(body, { ...call, whose: call.who.tenantId });
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
  const { acsUrl, spEntityId, metadataUrl, sloUrl } = connectionUrls(publicUrl, id);
  const { entityId = null, ssoUrl = null, certificates = [], metadataUrl: url = null, singleLogout } = saml ?? {};
  const metadata = url === null ? null : { url, refreshedAt: metadataRefreshedAt, lastError: metadataError };
  const wantsSignedRequests = saml?.wantsSignedRequests === true;
  const { url: singleLogoutUrl = null, binding: singleLogoutBinding = null } = singleLogout ?? {};
  const logout = { singleLogoutUrl, singleLogoutBinding };
  const theirs = { entityId, ssoUrl, certificates, ...logout, metadata, wantsSignedRequests };
  return { acsUrl, spEntityId, metadataUrl, sloUrl, keys: keys.map(shownKey), ...theirs };
}
