/** Who may ask the OpenID Provider for tokens: the vendor's applications, and what else has a source here. */
import { timingSafeEqual } from "node:crypto";
import type { AdapterPayload, Client } from "oidc-provider";
import { isUuid } from "../../base/ids.ts";
import { hashToken } from "../../base/secrets.ts";
import {
  type Application,
  applicationByClientId,
  type ApplicationSecrets,
  type ApplicationType,
} from "../../directory/applications/applications.store.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";

/**
 * Finds a client by its id, as the library wants its metadata (OIDC Registration §2). `client_secret` holds what
 * `secretsText` made of the hashes: the secrets themselves are nowhere.
 */
export type ClientSource = (db: Database, clientId: string, now: Date) => Promise<AdapterPayload | undefined>;

/** What our clients have beside the standard's metadata; whether it is sound was seen to when it was written. */
export const extraClientMetadata = { properties: ["resources", "application_kind"] };

/** Asked in their order. */
export const clientSources: readonly ClientSource[] = [application];

async function application(db: Database, clientId: string, now: Date): Promise<AdapterPayload | undefined> {
  if (!isUuid(clientId)) return undefined;
  const reader = { actor: { type: "system" }, now } as const;
  const [found] = await acrossTenants(db, reader, ({ trx }) => trx.run(applicationByClientId(clientId)));
  return found && metadataOf(found, now);
}

/** The hashes that a secret may have, in the place of the secret. */
export function secretsText(hashes: readonly Buffer[]): string {
  return hashes.map((hash) => hash.toString("base64url")).join(" ");
}

/** Whether a secret has one of those hashes. */
export function isSecretOf(client: Pick<Client, "clientSecret">, given: string): boolean {
  const hashes = (client.clientSecret ?? "").split(" ").map((hash) => Buffer.from(hash, "base64url"));
  const hash = hashToken(given);
  return hashes.some((known) => known.length === hash.length && timingSafeEqual(known, hash));
}

const KIND: Readonly<Record<ApplicationType, Pick<AdapterPayload, "application_type" | "token_endpoint_auth_method">>> =
  {
    web: { application_type: "web", token_endpoint_auth_method: "client_secret_basic" },
    // RFC 9700 §2.1.1: what cannot keep a secret has PKCE alone, as all have it.
    spa: { application_type: "web", token_endpoint_auth_method: "none" },
    native: { application_type: "native", token_endpoint_auth_method: "none" },
  };

function metadataOf(found: Application & ApplicationSecrets, now: Date): AdapterPayload {
  const { clientId, name, type, redirectUris, postLogoutRedirectUris, backchannelLogoutUri } = found;
  const secrets = secretsText(livingHashes(found, now));
  return {
    ...KIND[type],
    client_id: clientId,
    client_name: name,
    ...(secrets !== "" && { client_secret: secrets }),
    redirect_uris: [...redirectUris],
    post_logout_redirect_uris: [...postLogoutRedirectUris],
    ...(backchannelLogoutUri !== null && {
      backchannel_logout_uri: backchannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    resources: [...found.resources],
    application_kind: type,
  };
}

function livingHashes({ secretHash, oldSecretHash, oldSecretUntil }: ApplicationSecrets, now: Date): Buffer[] {
  if (secretHash === null) return [];
  return oldSecretHash !== null && oldSecretUntil !== null && oldSecretUntil > now
    ? [secretHash, oldSecretHash]
    : [secretHash];
}
