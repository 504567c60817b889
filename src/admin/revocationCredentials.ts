/** By what the identity provider of a connection may have somebody's sessions and tokens ended (global token revocation). */
import { connectionUrls } from "../directory/connections/connectionsForSignIn.ts";
import {
  createRevocationCredential,
  deleteRevocation,
  listRevocationCredentials,
} from "../directory/connections/revocationCredentials.ts";
import { faulty } from "./connectionSettings.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import {
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

const issuer = {
  ...nullable(text),
  maxLength: 1000,
  description: "Whose signed tokens are taken, as `https://example.okta.com`; null = a secret of ours.",
};
const shown = {
  id,
  name: text,
  issuer,
  createdBy: text,
  createdAt: instant,
  lastUsedAt: { ...nullable(instant), description: "To the minute; null = never." },
};
const endpoint = { type: "string", format: "uri-reference", description: "What the identity provider is to call." };

export const revocationCredentials: Resource = {
  tag: "Connections",
  description:
    "An identity provider may have all sessions and refresh tokens of one of its people ended, as Okta's Universal " +
    "Logout does: by tokens that its issuer signs, or by a secret. The provider of an OpenID Connect connection may anyway.",
  schemas: {
    RevocationCredential: record(shown),
    NewRevocationCredential: record({
      ...shown,
      endpoint,
      token: { ...nullable(text), description: "Shown this once; null where an issuer signs." },
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/connections/{id}/revocation-credentials",
      operationId: "listRevocationCredentials",
      summary: "List the credentials of a connection, the oldest first",
      permission: "connections:view",
      query: pageQuery,
      responses: { 200: json("A page of credentials.", pageOf(ref("RevocationCredential"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/connections/{id}/revocation-credentials",
      operationId: "createRevocationCredential",
      summary: "Let an identity provider revoke by the tokens of its issuer, or, without one, by a secret",
      permission: "connections:edit",
      body: object({ name: label, issuer }),
      responses: { 201: json("The credential.", ref("NewRevocationCredential")) },
      handle: post,
    },
    {
      scope: "tenant",
      method: "DELETE",
      path: "/tenants/{t}/connections/{id}/revocation-credentials/{credentialId}",
      operationId: "deleteRevocationCredential",
      summary: "Delete a credential; nothing is revoked by it any more",
      permission: "connections:edit",
      responses: { 204: nothing },
      handle: remove,
    },
  ],
};

async function list({ db, who, params, query }: TenantCall<PageQuery>): Promise<JsonAnswer> {
  const wanted = { limit: query.limit, place: idPlace(query) };
  const page = await listRevocationCredentials(db, who, params["id"] ?? "", wanted);
  return { status: 200, body: idPage(page, (each) => each) };
}

interface NewRevocationCredential {
  readonly name?: string;
  readonly issuer?: string | null;
}

async function post(call: TenantCall<unknown, NewRevocationCredential>): Promise<JsonAnswer> {
  const { db, who, params, body, publicUrl, outbound } = call;
  const { name = "revocation", issuer: signer = null } = body;
  const fault = signer === null ? undefined : outbound.urlFault(signer);
  if (fault !== undefined) throw faulty("/issuer", fault);
  const connectionId = params["id"] ?? "";
  const { credential, token } = await createRevocationCredential(db, who, connectionId, { name, issuer: signer });
  const { globalTokenRevocationUri } = connectionUrls(publicUrl, connectionId);
  return { status: 201, body: { ...credential, endpoint: globalTokenRevocationUri, token } };
}

async function remove({ db, who, params }: TenantCall): Promise<JsonAnswer> {
  await deleteRevocation(db, who, params["id"] ?? "", params["credentialId"] ?? "");
  return { status: 204 };
}
