/** Connections as sign-in asks for them, before any tenant is known. */
import { LRUCache } from "lru-cache";
import { isUuid } from "../../base/ids.ts";
import { acrossTenants, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Statement } from "../../storage/types.ts";
import { openKey } from "./connectionKeys.ts";
import { connectionKeys } from "./connectionKeys.store.ts";
import {
  type Connection,
  connectionRow,
  enabledConnections,
  type SignInChoice,
  tenantOfConnection,
} from "./connections.store.ts";
import { type ConnectionParts, openSecret } from "./connections.ts";
import { domainName, withParents } from "../domains/domainName.ts";
import { ownerOf } from "../domains/domains.store.ts";
import { tenantLives, verifiedDomains } from "../signIn/signInTenant.store.ts";
import type { LinkingConnection } from "../signIn/ssoSignIn.ts";

/** A connection with all that sign-in needs, the client secret in clear. */
export interface SignInConnection extends Omit<Connection, "oidc" | "hasSecret" | "keys" | "createdAt" | "updatedAt"> {
  readonly tenantId: string;
  /** Our own keys as PEM, the oldest first. */
  readonly keys: readonly { readonly certificate: string; readonly privateKey: string }[];
  readonly oidc:
    | (NonNullable<Connection["oidc"]> & { readonly clientSecret: string | null; readonly clientKey: string | null })
    | null;
  /** Attribute or claim by which the connection's directory is matched (rule 23); null for none. */
  readonly matchClaim: string | null;
  /** The domains that the tenant has verified. */
  readonly ownDomains: readonly string[];
}

/** A connection by the id in its URLs, whatever its status; undefined where there is none. */
export async function connectionById(
  { db, secretKeys }: ConnectionParts,
  id: string,
): Promise<SignInConnection | undefined> {
  if (!isUuid(id)) return undefined;
  const tenantId = await placeOf(db, id.toLowerCase());
  if (tenantId === undefined) return undefined;
  const [[row], owned, sealedKeys, [tenant]] = await onceInTenant(
    db,
    { tenantId },
    connectionRow(tenantId, id.toLowerCase()),
    verifiedDomains(tenantId),
    connectionKeys(tenantId, id.toLowerCase()),
    tenantLives(tenantId),
  );
  if (!row || tenant?.lives !== true) return undefined;
  const { secret, oidc, hasSecret: _known, createdAt: _made, updatedAt: _changed, ...connection } = row;
  const opened = openSecret(secretKeys, row.id, secret);
  const [clientSecret, clientKey] = oidc?.clientAuthentication === undefined ? [opened, null] : [null, opened];
  const matchClaim = row.match?.claim ?? null;
  const ownDomains = owned.map(({ domain }) => domain);
  const keys = sealedKeys.map((key) => openKey(secretKeys, key));
  return { ...connection, tenantId, keys, oidc: oidc && { ...oidc, clientSecret, clientKey }, matchClaim, ownDomains };
}

const PLACES = 10_000;
const places = new WeakMap<Database, LRUCache<string, string>>();

/**
 * The tenant of a connection: remembered, since none ever moves; whether it and its tenant are still there is read each
 * time. What was not found is not kept: nobody makes this grow with guesses.
 */
async function placeOf(db: Database, id: string): Promise<string | undefined> {
  const known = places.get(db) ?? new LRUCache<string, string>({ max: PLACES });
  places.set(db, known);
  const remembered = known.get(id);
  if (remembered !== undefined) return remembered;
  const [place] = await lookUp(db, tenantOfConnection(id));
  if (place) known.set(id, place.tenantId);
  return place?.tenantId;
}

/** What linking asks of a connection, in the transaction of the sign-in; one that is gone is not enabled. */
export async function linkingConnection({ trx, tenantId }: Scope, id: string): Promise<LinkingConnection> {
  const [row] = await trx.run(connectionRow(tenantId, id));
  return {
    id,
    protocol: row?.protocol ?? "saml",
    enabled: row?.status === "enabled",
    directoryId: row?.directoryId ?? null,
    matchAttribute: row?.match?.attribute ?? "externalId",
  };
}

/** The connections by which one can sign in to a tenant, the oldest first. */
export async function connectionsOf(db: Database, tenantId: string): Promise<readonly SignInChoice[]> {
  return (await onceInTenant(db, { tenantId }, enabledConnections(tenantId)))[0];
}

/** A tenant found by a domain, with the connections by which one can sign in to it. */
export interface Realm {
  readonly tenantId: string;
  /** The verified domain: that which was asked for, or one above it. */
  readonly domain: string;
  readonly connections: readonly SignInChoice[];
}

/**
 * Home-realm discovery: the tenant that has verified the domain of an address, or else the nearest above it. Where to
 * sign in, and no more: linking and auto-join want the exact domain.
 */
export async function connectionsForDomain(db: Database, written: string): Promise<Realm | undefined> {
  const domain = domainName(written);
  if (domain === undefined) return undefined;
  const [owner] = await lookUp(db, ownerOf(withParents(domain)));
  return owner && { ...owner, connections: await connectionsOf(db, owner.tenantId) };
}

/** One read across tenants; nothing is told of it, so neither actor nor time matter. */
function lookUp<Row>(db: Database, statement: Statement<Row>): Promise<Row[]> {
  return acrossTenants(db, { actor: { type: "system" }, now: new Date(0) }, ({ trx }) => trx.run(statement));
}

/** A connection's own addresses, which the identity provider is given: one entity id and ACS for each. */
export function connectionUrls(
  publicUrl: string,
  id: string,
): Record<
  | "acsUrl"
  | "spEntityId"
  | "metadataUrl"
  | "sloUrl"
  | "redirectUri"
  | "backchannelLogoutUri"
  | "jwksUri"
  | "globalTokenRevocationUri",
  string
> {
  const saml = `${publicUrl}/sso/saml/${id}`;
  const oidc = `${publicUrl}/sso/oidc/${id}`;
  const metadataUrl = `${saml}/metadata`;
  return {
    acsUrl: `${saml}/acs`,
    spEntityId: metadataUrl,
    metadataUrl,
    sloUrl: `${saml}/slo`,
    redirectUri: `${oidc}/callback`,
    backchannelLogoutUri: `${oidc}/backchannel-logout`,
    jwksUri: `${oidc}/jwks`,
    globalTokenRevocationUri: `${publicUrl}/sso/connections/${id}/global-token-revocation`,
  };
}
