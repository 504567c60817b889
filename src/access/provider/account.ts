/**
 * Who the OpenID Provider says is signed in. To the library an account is a session of ours (tenant, member and sign-on),
 * so that everything it issues dies with that session; to applications the subject is the member.
 */
import type { Account, FindAccount } from "oidc-provider";
import { emailVerified } from "../../admission/linking.ts";
import { isUuid } from "../../base/ids.ts";
import type { SignOn } from "../../directory/applications/signOn.store.ts";
import { domainOf } from "../../directory/domains/domainName.ts";
import { displayNameOf, text } from "../../directory/members/member.ts";
import { profileView } from "../../directory/members/memberView.ts";
import { isFree, type MemberSession, memberSignOn } from "../../directory/signIn/memberSession.ts";
import { verifiedDomains } from "../../directory/signIn/signInTenant.store.ts";
import type { Tenant } from "../../directory/tenants/tenant.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";

/** A member who is signed in, as of the moment at which they were looked up. */
type SignedOn = NonNullable<Awaited<ReturnType<typeof memberSignOn>>>;

/** The library's account, with whose it is. */
export interface OwnAccount extends Account {
  readonly own: SignedOn;
}

/** What each scope tells (contract, "Sign-in"); `sub` is the member's id. */
export const claimsOf = {
  openid: ["sub", "tenant"],
  email: ["email", "email_verified"],
  profile: ["name", "given_name", "family_name", "picture", "locale"],
  roles: ["roles", "permissions", "seat", "seat_status"],
  groups: ["groups", "teams"],
} as const;

/** The library's name for a session of ours. */
function accountIdOf({ tenantId, memberId, signOnId }: SignOn): string {
  return `${tenantId}.${memberId}.${signOnId}`;
}

/** What the library calls a session of ours. */
export function accountOf({ session, member }: MemberSession): string {
  return accountIdOf({ tenantId: session.tenantId, memberId: member.id, signOnId: session.signOnId });
}

/** Whether this is the tenant that an application names, by slug or id; where it names none, any is. */
export function isOf({ id, slug }: Tenant, named: unknown): boolean {
  if (named === undefined || named === "") return true;
  return typeof named === "string" && [id, slug].includes(named.toLowerCase());
}

/** What such a name holds; undefined for anything else. */
export function signOnOf(accountId: unknown): SignOn | undefined {
  const [tenantId, memberId, signOnId, ...more] = typeof accountId === "string" ? accountId.split(".") : [];
  if (more.length > 0 || !isUuid(tenantId) || !isUuid(memberId) || !isUuid(signOnId)) return undefined;
  return { tenantId, memberId, signOnId };
}

/**
 * Looks a session up each time that something is done by it: user-info, a code, a refresh token. Who is suspended,
 * removed or signed out, or must come in another way now, is nobody's account any more (rules 28 and 29).
 */
export function findAccount(db: Database, now: () => Date): FindAccount {
  return async (_ctx, accountId) => {
    const signOn = signOnOf(accountId);
    const own = signOn && (await memberSignOn(db, signOn, now()));
    if (!own || !isFree(own)) return undefined;
    const account: OwnAccount = { accountId, own, claims: async (_use, scope) => claims(db, accountId, own, scope) };
    return account;
  };
}

/** All claims of the scopes; the library shows those that were granted. */
async function claims(
  db: Database,
  sub: string,
  own: SignedOn,
  scope: string,
): Promise<{ sub: string; [claim: string]: unknown }> {
  const scopes = scope.split(" ");
  return {
    sub,
    ...tenantClaim(own),
    ...(scopes.includes("email") && (await emailClaims(db, own))),
    ...(scopes.includes("profile") && profileClaims(own)),
    ...(scopes.includes("roles") && roleClaims(own)),
    ...(scopes.includes("groups") && groupClaims(own)),
  };
}

/** What an access token for an API says beside the subject, by its scopes. */
export async function resourceClaims(
  db: Database,
  own: SignedOn,
  scope: string | undefined,
): Promise<Record<string, unknown>> {
  const { sub: _sub, ...told } = await claims(db, "", own, scope ?? "");
  return told;
}

function tenantClaim({ tenant: { id, slug, name } }: SignedOn): Record<string, unknown> {
  return { tenant: { id, slug, name } };
}

/** Rule 24: the address counts as verified by its holder or by the tenant that owns the domain, and by nobody else. */
async function emailClaims(db: Database, { member, tenant }: SignedOn): Promise<Record<string, unknown>> {
  if (member.email === null) return {};
  const [domains] = await onceInTenant(db, { tenantId: tenant.id }, verifiedDomains(tenant.id));
  const domain = domainOf(member.email);
  const domainVerified = domains.some((each) => each.domain === domain);
  return {
    email: member.email,
    email_verified: emailVerified({ domainVerified, mailboxProved: member.emailVerified }),
  };
}

function profileClaims({ member }: SignedOn): Record<string, unknown> {
  const { name, avatarUrl } = profileView(member) as {
    name: { givenName: string | null; familyName: string | null };
    avatarUrl: string | null;
  };
  const told = {
    name: displayNameOf(member.scim),
    given_name: name.givenName,
    family_name: name.familyName,
    picture: avatarUrl,
    locale: member.preferences.locale ?? text(member.scim["locale"]),
  };
  // OIDC Core §5.3.2: "If a Claim is not returned, that Claim Name SHOULD be omitted … it SHOULD NOT be present with a null".
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null));
}

function roleClaims({ member, permissions }: SignedOn): Record<string, unknown> {
  return { roles: member.roles, permissions, seat: member.seat === "held", seat_status: member.seat };
}

function groupClaims({ member }: SignedOn): Record<string, unknown> {
  const pushed = member.groups.map(({ display }) => display);
  const asserted = member.claims.map(({ value }) => value);
  return { groups: [...new Set([...pushed, ...asserted])], teams: member.teams.map(({ name }) => name) };
}
