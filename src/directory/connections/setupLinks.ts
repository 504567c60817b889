/**
 * Setup links: an admin hands one to whoever runs the customer's identity provider, who redeems it once and is then, in
 * that browser alone, somebody who may draft and test, and read nothing of the tenant's members.
 */
import { mayGrant } from "../../admission/permissions.ts";
import { permissionsOf } from "../../admission/roles.ts";
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { hashToken } from "../../base/secrets.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { mailAdmins } from "../tenants/adminMail.ts";
import { newCredential, tenantOfCredential } from "../tenants/credential.ts";
import { type IdPage, type PageWanted, readIdPage } from "../members/idPage.ts";
import { currentRules } from "../roles/rules.ts";
import * as store from "./setupLinks.store.ts";
import type { SetupIntent, SetupLink } from "./setupLinks.store.ts";
import { noSetup } from "./setupReach.ts";
import type { Browser } from "../signIn/ssoSignIn.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { tenantById } from "../tenants/tenants.store.ts";

/** What each intent stands for: who makes a link must hold all of it, as long as the link lives (rule 16). */
const NEEDED: Readonly<Record<SetupIntent, readonly string[]>> = {
  sso: ["connections:create", "connections:edit"],
  scim: ["scimTokens:create"],
  domain: ["domains:create", "domains:edit"],
};

function suffices(held: readonly string[], intents: readonly SetupIntent[]): boolean {
  return mayGrant(held, ["setupLinks:create", ...intents.flatMap((intent) => NEEDED[intent])]);
}

/** What the admins are told in mails. */
const SHOWN: Readonly<Record<SetupIntent, string>> = { sso: "Single Sign-on", scim: "SCIM", domain: "Domains" };

function shownIntents(intents: readonly SetupIntent[]): string {
  return intents.map((intent) => SHOWN[intent]).join(", ");
}

/**
 * Makes a link; its secret is in the answer and nowhere else. All admins hear of it.
 *
 * @param held what the caller may do
 * @param seconds how long the link and what it is redeemed for live together
 * @throws Refusal `forbidden` for an intent that the caller could not carry out
 */
export async function createSetupLink(
  db: Database,
  who: Who,
  { intents, seconds }: { readonly intents: readonly SetupIntent[]; readonly seconds: number },
  held: readonly string[],
): Promise<{ id: string; token: string; expiresAt: Date }> {
  if (!suffices(held, intents)) {
    throw new Refusal("forbidden", "A setup link cannot do what you cannot do yourself. Leave out what you may not.");
  }
  const { tenantId, now } = who;
  const id = newId(now);
  const { token, hash } = newCredential("usl", tenantId);
  const expiresAt = new Date(now.getTime() + seconds * 1000);
  const made = { id, intents, ...creatorOf(who), createdAt: now, expiresAt };
  await inTenant(db, who, async (scope) => {
    await scope.trx.run(store.insertSetupLink(tenantId, made, hash));
    await record(scope, event(scope, "setup_link.created", { type: "setup_link", id }, { intents, expiresAt }));
    await mailAdmins(scope, { message: "setupLinkCreated", values: { intents: shownIntents(intents) } });
  });
  return { id, token, expiresAt };
}

function creatorOf({ actor }: Who): Pick<SetupLink, "creatorType" | "creatorId"> {
  const { type, id = null } = actor;
  if (type === "operator") return { creatorType: type, creatorId: null };
  if (type === "member" || type === "api_key") return { creatorType: type, creatorId: id };
  throw new Error(`a setup link made by ${type}`);
}

/** The tenant's links, the oldest first: who redeemed them, from where and with which browser. */
export function listSetupLinks(db: Database, who: Who, page: PageWanted): Promise<IdPage<SetupLink>> {
  const { tenantId } = who;
  const list = (after: string, most: number) => store.setupLinksAfter(tenantId, after, most);
  return readIdPage(db, who, page, list, store.countSetupLinks(tenantId));
}

/**
 * Ends a link at once, with its session and what waits for an admin's yes.
 *
 * @throws Refusal `not_found`
 */
export async function revokeSetupLink(db: Database, who: Who, id: string): Promise<void> {
  await inTenant(db, who, async (scope) => {
    const [gone] = await scope.trx.run(store.deleteSetupLink(who.tenantId, id));
    if (!gone) throw new Refusal("not_found", `no setup link ${id}`);
    await record(scope, event(scope, "setup_link.revoked", { type: "setup_link", id }));
  });
}

/** A link that is alive, with the tenant that it is for. */
export interface LivingLink {
  readonly link: SetupLink;
  readonly tenant: Tenant;
}

/** The living link of a secret, redeemed or not; looking changes nothing, for programs open the links of mails. */
export async function setupLinkOf(db: Database, token: string, now: Date): Promise<LivingLink | undefined> {
  const tenantId = tenantOfCredential("usl", token);
  if (tenantId === undefined) return undefined;
  return living(db, tenantId, store.setupLinkByHash(tenantId, hashToken(token), now), now);
}

/** Whoever redeemed a link, in the browser that did. */
export interface SetupSession extends LivingLink {
  /** For forms and requests that change something: only who has the cookie can work it out. */
  readonly csrfToken: string;
}

/**
 * The session of a cookie; undefined for one that is malformed or over, whose link was revoked, or whose maker may no
 * longer do what it is for.
 */
export async function setupSessionOf(db: Database, cookie: string, now: Date): Promise<SetupSession | undefined> {
  const tenantId = tenantOfCredential("uss", cookie);
  if (tenantId === undefined) return undefined;
  const found = await living(db, tenantId, store.setupLinkBySession(tenantId, hashToken(cookie), now), now);
  return found && { ...found, csrfToken: hashToken(`csrf:${cookie}`).toString("base64url") };
}

async function living(
  db: Database,
  tenantId: string,
  statement: ReturnType<typeof store.setupLinkByHash>,
  now: Date,
): Promise<LivingLink | undefined> {
  const [[link], [tenant]] = await onceInTenant(db, { tenantId }, statement, tenantById(tenantId));
  if (!link || !tenant || !(await isBacked(db, tenantId, link, now))) return undefined;
  return { link, tenant };
}

/** Whether its maker could make it now: not suspended, removed, of less rights, or a key that was revoked. */
async function isBacked(db: Database, tenantId: string, link: SetupLink, now: Date): Promise<boolean> {
  if (link.creatorType === "operator") return true;
  const [[creator]] = await onceInTenant(db, { tenantId }, store.creatorStanding(tenantId, link, now));
  if (!creator) return false;
  const { rules } = await currentRules(db, tenantId);
  return suffices([...creator.permissions, ...permissionsOf(rules.roles, creator.roles)], link.intents);
}

/**
 * Redeems a link, once, into a session of this browser that ends when the link would have. All admins hear of it.
 *
 * @returns the cookie's value, which is nowhere else
 * @throws Refusal `unauthenticated`, the same for a link that is unknown, spent, expired, revoked or no longer backed
 */
export async function redeemSetupLink(
  db: Database,
  token: string,
  from: Browser,
  now: Date,
): Promise<{ cookie: string; expiresAt: Date }> {
  const found = await setupLinkOf(db, token, now);
  if (!found) throw noSetup();
  const { link, tenant } = found;
  const { token: cookie, hash } = newCredential("uss", tenant.id);
  const about = { type: "setup_link", id: link.id } as const;
  const who: Who = { tenantId: tenant.id, actor: about, now };
  await inTenant(db, who, async (scope) => {
    const [redeemed] = await scope.trx.run(store.redeemLink(tenant.id, link.id, { hash, ...from }, now));
    if (!redeemed) throw noSetup();
    await record(scope, event(scope, "setup_link.redeemed", about));
    await mailAdmins(scope, { message: "setupLinkRedeemed", values: { intents: shownIntents(link.intents) } });
  });
  return { cookie, expiresAt: link.expiresAt };
}

/** Ends a session, as whoever holds it wants: the link is spent already. */
export async function endSetupSession(db: Database, who: Who, linkId: string): Promise<void> {
  await onceInTenant(db, who, store.endSetup(who.tenantId, linkId, who.now));
}
