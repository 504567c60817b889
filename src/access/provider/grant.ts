import type { Grant, KoaContextWithOIDC } from "oidc-provider";
import { claimsOf, type OwnAccount } from "./account.ts";

/** The scopes of which an access token for an API may tell. */
export const RESOURCE_SCOPES = "email profile roles groups";

/** Expiry is in whole seconds. */
const SECOND_MS = 1000;

/**
 * What an application may know by a session. The applications are the vendor's own: nobody is asked whether they may
 * know what the vendor knows.
 */
export async function loadExistingGrant(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { client, session, account, provider } = ctx.oidc;
  const accountId = session?.accountId;
  if (!client || accountId === undefined || !account) return undefined;
  const kept = await usableGrant(ctx, (account as OwnAccount).own.session.expiresAt);
  const grant = kept ?? new provider.Grant({ accountId, clientId: client.clientId });
  const before = shown(grant);
  grant.addOIDCScope(Object.keys(claimsOf).join(" "));
  for (const resource of Object.keys(ctx.oidc.resourceServers ?? {})) grant.addResourceScope(resource, RESOURCE_SCOPES);
  if (!kept || before !== shown(grant)) await grant.save();
  return grant;
}

/** The one that this session gave the application before, where it lives as long as the session does by now. */
async function usableGrant({ oidc }: KoaContextWithOIDC, until: Date): Promise<Grant | undefined> {
  const { client, session, provider } = oidc;
  const known = client && session?.grantIdFor(client.clientId);
  const found = known === undefined ? undefined : await provider.Grant.find(known);
  if (!found || found.accountId !== session?.accountId) return undefined;
  return ((found.exp ?? 0) + 1) * SECOND_MS >= until.getTime() ? found : undefined;
}

function shown({ openid, resources }: Grant): string {
  return JSON.stringify([openid, resources]);
}
