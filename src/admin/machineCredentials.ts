/** Machine credentials: how a directory authenticates without a token that somebody copied. */
import { directoryBaseUrl } from "../directory/directories/machineCaller.ts";
import {
  createMachineCredential,
  listMachineCredentials,
  revokeMachineCredential,
} from "../directory/directories/machineCredentials.ts";
import { machineClientId } from "../directory/directories/machineToken.ts";
import type { EntraTrust, MachineCredential } from "../directory/directories/machineCredentials.store.ts";
import { faulty } from "./connectionSettings.ts";
import { instantOf } from "./instants.ts";
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

/** Of all applications that a customer adds by hand; those of Entra's gallery have their own. */
const AUDIENCE = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";
/** Of Entra's public cloud. */
const AUTHORITY = "https://login.microsoftonline.com";

const kind = {
  type: "string",
  enum: ["client", "entra"],
  description:
    "`client`: an OAuth client with a secret; `entra`: the tokens that Entra ID signs where it has no secret.",
};
const dialect = { type: "string", enum: ["tolerant", "rfc", "interop"], default: "tolerant" };
const expiresAt = { ...nullable(instant), description: "Null = never." };
const baseUrl = { type: "string", format: "uri-reference", description: "What the directory is to be given as URL." };
const trust = {
  tenantId: { ...id, description: "The customer's Entra tenant." },
  audience: {
    type: "string",
    minLength: 1,
    maxLength: 200,
    description: "`aud` of its tokens; that of applications outside the gallery unless given.",
  },
  appId: { ...nullable(id), description: "`appid` of its tokens; null = any application of that tenant." },
  authority: {
    type: "string",
    maxLength: 200,
    pattern: "^https?://[^/?#@\\s]+$",
    description: "Origin of the tenant's discovery document, where it is in a national cloud.",
  },
};
const shownCredential = {
  id,
  name: text,
  kind,
  directoryId: id,
  dialect,
  entra: nullable(record(trust)),
  baseUrl,
  clientId: { ...nullable(text), description: "Of a client." },
  tokenUrl: {
    ...nullable(text),
    description: "Where a client has its secret made into short tokens (`grant_type=client_credentials`).",
  },
  createdBy: text,
  createdAt: instant,
  expiresAt,
  lastUsedAt: { ...nullable(instant), description: "To the minute; null = never." },
};

export const machineCredentials: Resource = {
  tag: "Machine credentials",
  description: "How a directory authenticates for SCIM without a token that somebody copied into it.",
  schemas: {
    MachineCredential: record(shownCredential),
    NewMachineCredential: record({
      ...shownCredential,
      clientSecret: { ...nullable(text), description: "Shown this once; null where Entra ID signs." },
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/machine-credentials",
      operationId: "listMachineCredentials",
      summary: "List the credentials, the oldest first",
      permission: "scimTokens:view",
      query: pageQuery,
      responses: { 200: json("A page of credentials.", pageOf(ref("MachineCredential"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/machine-credentials",
      operationId: "createMachineCredential",
      summary: "Make an OAuth client, or take the tokens of an Entra tenant; without `directoryId` for the oldest",
      permission: "scimTokens:create",
      body: object({ kind, name: label, directoryId: id, expiresAt, dialect, entra: object(trust, ["tenantId"]) }, [
        "kind",
        "name",
      ]),
      responses: { 201: json("The credential.", ref("NewMachineCredential")) },
      handle: post,
    },
    {
      scope: "tenant",
      method: "DELETE",
      path: "/tenants/{t}/machine-credentials/{id}",
      operationId: "revokeMachineCredential",
      summary: "Revoke a credential with all its tokens: at once here, within five seconds in other processes",
      permission: "scimTokens:delete",
      responses: { 204: nothing },
      handle: revoke,
    },
  ],
};

interface NewMachineCredentialBody {
  readonly kind: MachineCredential["kind"];
  readonly name: string;
  readonly directoryId?: string;
  readonly expiresAt?: string | null;
  readonly dialect?: MachineCredential["dialect"];
  readonly entra?: Pick<EntraTrust, "tenantId"> & Partial<EntraTrust>;
}

async function list({ db, who, query, publicUrl }: TenantCall<PageQuery>): Promise<JsonAnswer> {
  const page = await listMachineCredentials(db, who, { limit: query.limit, place: idPlace(query) });
  return { status: 200, body: idPage(page, (each) => shown(each, who.tenantId, publicUrl)) };
}

async function post(call: TenantCall<unknown, NewMachineCredentialBody>): Promise<JsonAnswer> {
  const { db, who, publicUrl, body } = call;
  const { name, directoryId = null, dialect: chosen = "tolerant", expiresAt: expires } = body;
  const wanted = { name, directoryId, dialect: chosen, expiresAt: instantOf(expires), entra: trustOf(call) };
  const { credential, secret } = await createMachineCredential(db, who, wanted);
  return { status: 201, body: { ...shown(credential, who.tenantId, publicUrl), clientSecret: secret } };
}

/** Each kind brings its own, and no other. */
function trustOf({ body, outbound }: TenantCall<unknown, NewMachineCredentialBody>): EntraTrust | null {
  const { entra } = body;
  if ((body.kind === "entra") !== (entra !== undefined)) {
    throw faulty("/entra", "belongs to the kind entra, and must be there");
  }
  if (!entra) return null;
  const authority = entra.authority ?? AUTHORITY;
  const fault = outbound.urlFault(authority);
  if (fault !== undefined) throw faulty("/entra/authority", fault);
  const { tenantId, audience = AUDIENCE, appId = null } = entra;
  return { tenantId: tenantId.toLowerCase(), audience, appId: appId?.toLowerCase() ?? null, authority };
}

function shown(credential: MachineCredential, tenantId: string, publicUrl: string): object {
  const { directoryId, kind: which } = credential;
  if (which === "entra") {
    const base = directoryBaseUrl(publicUrl, { tenantId, directoryId });
    return { ...credential, baseUrl: base, clientId: null, tokenUrl: null };
  }
  const client = machineClientId({ tenantId, credentialId: credential.id });
  return { ...credential, baseUrl: `${publicUrl}/scim/v2`, clientId: client, tokenUrl: `${publicUrl}/oidc/token` };
}

async function revoke({ db, who, params }: TenantCall): Promise<JsonAnswer> {
  await revokeMachineCredential(db, who, params["id"] ?? "");
  return { status: 204 };
}
