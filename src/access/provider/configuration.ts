import { type Client, type Configuration, errors, type KoaContextWithOIDC } from "oidc-provider";
import { deriveKeys } from "../../base/secrets.ts";
import { SIGNING_ALGORITHM, type SigningKey } from "../../directory/applications/signingKeys.ts";
import type { Database } from "../../storage/types.ts";
import type { AccessOptions } from "../options.ts";
import { claimsOf, findAccount, type OwnAccount, resourceClaims, signOnOf } from "./account.ts";
import { adapterFor } from "./adapter.ts";
import { type ClientSource, extraClientMetadata } from "./clients.ts";
import { fetchFor } from "./fetch.ts";
import { machineResource } from "./machineClients.ts";
import { loadExistingGrant, RESOURCE_SCOPES } from "./grant.ts";
import { logoutSource, postLogoutSuccessSource, renderError } from "./pages.ts";
import { type OwnSession, policyFor } from "./policy.ts";

/** What a provider is made of. */
export interface ProviderParts {
  readonly db: Database;
  readonly publicUrl: string;
  readonly secretKeys: readonly Buffer[];
  readonly fetch: AccessOptions["fetch"];
  /** The one that signs first. */
  readonly keys: readonly SigningKey[];
  readonly clientSources: readonly ClientSource[];
  readonly ownSession: OwnSession;
  readonly now: () => Date;
}

/** Seconds. */
const MINUTE = 60;
/** An access token outlives a suspension by as much. */
const ACCESS_TOKEN = 5 * MINUTE;
/** From the browser to the application's server and back. */
const CODE = MINUTE;
const ID_TOKEN = 60 * MINUTE;
/** A forgotten password and the way to the mailbox included. */
const INTERACTION = 60 * MINUTE;

/** How the library is to be an OpenID Provider. */
export function configurationFor(parts: ProviderParts): Configuration {
  const { db, publicUrl, secretKeys, fetch, keys, clientSources, ownSession, now } = parts;
  const secure = publicUrl.startsWith("https:");
  const machines = machineResource(publicUrl, secretKeys);
  const cookie = { path: "/oidc", httpOnly: true, sameSite: "lax", signed: true } as const;
  return {
    adapter: adapterFor({ db, now, clientSources }),
    findAccount: findAccount(db, now),
    jwks: { keys: keys.map((key) => ({ ...key })) },
    cookies: {
      keys: deriveKeys(secretKeys, "oidc-cookies").map((key) => key.toString("base64url")),
      names: cookieNames(secure ? "__Secure-" : ""),
      long: cookie,
      short: { httpOnly: true, sameSite: "lax", signed: true },
    },
    claims: Object.fromEntries(Object.entries(claimsOf).map(([scope, claims]) => [scope, [...claims]])),
    scopes: Object.keys(claimsOf),
    // What an application wants to know it reads in the ID token, without another request.
    conformIdTokenClaims: false,
    responseTypes: ["code"],
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "none"],
    clientDefaults: {
      id_token_signed_response_alg: SIGNING_ALGORITHM,
      subject_type: "pairwise",
      require_auth_time: true,
    },
    enabledJWA: { idTokenSigningAlgValues: [SIGNING_ALGORITHM], userinfoSigningAlgValues: [SIGNING_ALGORITHM] },
    extraClientMetadata,
    extraParams: ["tenant"],
    // RFC 9700 §2.1.1: "For confidential clients, the use of PKCE is RECOMMENDED": here of all.
    pkce: { required: () => true },
    ...subjects,
    ...tokens(db),
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource, postLogoutSuccessSource },
      backchannelLogout: { enabled: true },
      // RFC 7009 §2.1: "whether the token was issued to the client making the revocation request".
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, client, oneOf) => machines.usual(client) ?? oneOf,
        getResourceServerInfo: (ctx, resource, client) =>
          machines.info(resource, client) ?? resourceServer(ctx, resource, client),
      },
    },
    interactions: { policy: policyFor(ownSession), url: (_ctx, { uid }) => `/oidc/interaction/${uid}` },
    loadExistingGrant,
    clientBasedCORS: (_ctx, origin, client) => isOriginOf(client, origin),
    fetch: fetchFor(fetch),
    renderError,
  };
}

function cookieNames(prefix: string): Record<"session" | "interaction" | "resume", string> {
  return {
    session: `${prefix}usher-oidc`,
    interaction: `${prefix}usher-oidc-interaction`,
    resume: `${prefix}usher-oidc-resume`,
  };
}

/**
 * The library calls a session of ours an account; what makes a subject of an account is its hook for pairwise
 * subjects. Ours is the member to every application alike.
 */
const subjects = {
  subjectTypes: ["pairwise"],
  pairwiseIdentifier: (_ctx, accountId) => signOnOf(accountId)?.memberId ?? accountId,
  sectorIdentifierUriValidate: () => false,
} as const satisfies Partial<Configuration>;

function tokens(db: Database): Partial<Configuration> {
  return {
    ttl: {
      AccessToken: ACCESS_TOKEN,
      AuthorizationCode: CODE,
      ClientCredentials: ACCESS_TOKEN,
      IdToken: ID_TOKEN,
      Interaction: INTERACTION,
      Grant: restOf,
      RefreshToken: restOf,
      // Somebody who has to sign in first takes their time.
      Session: (ctx) => Math.max(2 * INTERACTION, restOf(ctx)),
    },
    // Rule 29: refresh tokens are for as long as the session, which `findAccount` looks up; no scope asks for more.
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    expiresWithSession: () => false,
    rotateRefreshToken: true,
    extraTokenClaims: async (ctx, token) => {
      const account = ctx.oidc.account as OwnAccount | undefined;
      return token.aud === undefined || !account ? undefined : resourceClaims(db, account.own, token.scope);
    },
  };
}

/** Seconds until our session is over, whatever is done by it. */
function restOf(ctx: KoaContextWithOIDC): number {
  const account = ctx.oidc?.account as OwnAccount | undefined;
  const end = account?.own.session.expiresAt.getTime() ?? 0;
  return Math.max(MINUTE, Math.ceil((end - Date.now()) / 1000));
}

/** RFC 8707 §2: a token for an API, as a JWT that it checks by itself (RFC 9068). */
function resourceServer(
  _ctx: KoaContextWithOIDC,
  resource: string,
  client: Client,
): { scope: string; audience: string; accessTokenTTL: number; accessTokenFormat: "jwt" } {
  const allowed: unknown = client["resources"];
  if (!Array.isArray(allowed) || !allowed.includes(resource)) throw new errors.InvalidTarget();
  return { scope: RESOURCE_SCOPES, audience: resource, accessTokenTTL: ACCESS_TOKEN, accessTokenFormat: "jwt" };
}

/** Browsers ask only from where the application runs in them. */
function isOriginOf(client: Client, origin: string): boolean {
  const uris = client["application_kind"] === "spa" ? (client.redirectUris ?? []) : [];
  return uris.some((uri) => URL.canParse(uri) && new URL(uri).origin === origin);
}
