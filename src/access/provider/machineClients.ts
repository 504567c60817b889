/** The OAuth clients of directories: a secret for a short access token, good for SCIM alone (RFC 6749 §4.4). */
import { type Client, type ClientAuthMethod, errors } from "oidc-provider";
import { clientCredential } from "../../directory/directories/machineCredentials.store.ts";
import {
  MACHINE_TOKEN_ALGORITHM,
  machineTokenKeys,
  parseMachineClientId,
} from "../../directory/directories/machineToken.ts";
import { hasExpired } from "../../directory/tenants/credential.ts";
import { rateLimit } from "../../http/rateLimit.ts";
import { onceInTenant } from "../../storage/scope.ts";
import { type ClientSource, secretsText } from "./clients.ts";

/** The scope, and what the resource is called beside its address. */
const SCOPE = "scim";
/** Seconds: a token outlives nothing of its client's, which is asked at each use; this is how often one is made. */
const TOKEN_SECONDS = 5 * 60;
/** Tokens of one client: a cycle needs one, and a client that keeps none asks with each request of a burst. */
const TOKENS = { requests: 120, seconds: 60 } as const;
const METHOD: ClientAuthMethod = "client_secret_basic";

/** Finds the client of a directory; who is revoked or over is none. */
export const machineClient: ClientSource = async (db, clientId, now) => {
  const named = parseMachineClientId(clientId);
  if (!named) return undefined;
  const { tenantId, credentialId } = named;
  const [[found]] = await onceInTenant(db, { tenantId }, clientCredential(tenantId, credentialId));
  if (!found || hasExpired(found.expiresAt, now)) return undefined;
  return {
    client_id: clientId,
    client_name: found.name,
    client_secret: secretsText([found.secretHash]),
    // RFC 6749 §2.3.1; the library takes the secret in the body just as well.
    token_endpoint_auth_method: METHOD,
    grant_types: ["client_credentials"],
    response_types: [],
    redirect_uris: [],
    resources: [],
  };
};

/** What the library asks of a resource that a client wants a token for. */
interface MachineResource {
  /** The resource of who names none; undefined for an application. */
  readonly usual: (client: Client | undefined) => string | undefined;
  /** @throws InvalidTarget, TooManyTokens; undefined for an application */
  readonly info: (resource: string, client: Client) => Promise<ResourceInfo> | undefined;
}

interface ResourceInfo {
  readonly scope: string;
  readonly audience: string;
  readonly accessTokenTTL: number;
  readonly accessTokenFormat: "jwt";
  readonly jwt: { readonly sign: { readonly alg: "HS256"; readonly key: Buffer; readonly kid?: string } };
}

/** SCIM as a resource (RFC 8707). */
export function machineResource(publicUrl: string, secretKeys: readonly Buffer[]): MachineResource {
  const audience = `${publicUrl}/scim/v2`;
  const [key = Buffer.alloc(0)] = machineTokenKeys(secretKeys);
  const count = rateLimit(TOKENS);
  const isMachine = (client: Client | undefined): client is Client =>
    parseMachineClientId(client?.clientId) !== undefined;
  const infoOf = async (resource: string, { clientId }: Client): Promise<ResourceInfo> => {
    if (resource !== audience) throw new errors.InvalidTarget();
    // Here its secret has been seen: nobody else uses up what a client may ask for.
    await count(clientId).catch(() => {
      throw tooMany();
    });
    const sign = { alg: MACHINE_TOKEN_ALGORITHM, key } as const;
    return { scope: SCOPE, audience, accessTokenTTL: TOKEN_SECONDS, accessTokenFormat: "jwt", jwt: { sign } };
  };
  return {
    usual: (client) => (isMachine(client) ? audience : undefined),
    info: (resource, client) => (isMachine(client) ? infoOf(resource, client) : undefined),
  };
}

function tooMany(): Error {
  const words = `More than ${TOKENS.requests} tokens in ${TOKENS.seconds} s. Keep a token until it ends.`;
  const error = new errors.CustomOIDCProviderError("slow_down", words);
  return Object.assign(error, { status: 429, statusCode: 429 });
}
