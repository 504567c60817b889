import { checkMayGrant, isRole, noSuchRole } from "../../admission/roles.ts";
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { domainName } from "../domains/domainName.ts";
import type { AdminWho } from "../members/adminMembers.ts";
import { type IdPage, type PageWanted, readIdPage } from "../members/idPage.ts";
import { underLock } from "../members/underLock.ts";
import { checkExpiry, newCredential } from "../tenants/credential.ts";
import { creatorOf } from "./inviteBacking.ts";
import {
  countInviteLinks,
  deleteInviteLink,
  inviteLinksAfter,
  writeInviteLink,
  type InviteLink,
} from "./inviteLinks.store.ts";

/** What a link is to be. */
interface LinkWish {
  readonly expiresAt: Date | null;
  readonly maxUses: number | null;
  readonly allowedDomains: readonly string[];
}

/** The tenant's links, the oldest first. */
export function listInviteLinks(db: Database, who: Who, page: PageWanted): Promise<IdPage<InviteLink>> {
  const { tenantId } = who;
  const list = (after: string, most: number) => inviteLinksAfter(tenantId, after, most);
  return readIdPage(db, who, page, list, countInviteLinks(tenantId));
}

/**
 * Makes the link of a role, or makes it anew: the one before is dead at once, and so is what was begun by it.
 *
 * @returns its token too, shown this once
 * @throws Refusal `not_found` for a role that there is not, `forbidden` (rule 16), `invalid_request`
 */
export async function makeInviteLink(
  db: Database,
  who: AdminWho,
  role: string,
  wish: LinkWish,
): Promise<{ readonly link: InviteLink; readonly token: string }> {
  const { tenantId, now } = who;
  checkExpiry(wish.expiresAt, now);
  const allowedDomains = wish.allowedDomains.map(asDomain);
  const { token, hash } = newCredential("usj", tenantId);
  const made = { ...wish, allowedDomains: [...new Set(allowedDomains)], role, id: newId(now), createdAt: now };
  const link = { ...made, ...creatorOf(who) };
  return inTenant(db, who, async (scope) => {
    const { rules } = await underLock(db, scope);
    checkRole(rules.rules.roles, who, role);
    const [row] = await scope.trx.run(writeInviteLink(tenantId, link, hash));
    const { expiresAt, maxUses } = link;
    const told = { role, expiresAt, maxUses, allowedDomains: link.allowedDomains, replaced: row?.replaced ?? false };
    await record(scope, event(scope, "invite_link.created", { type: "invite_link", id: link.id }, told));
    return { link: { ...link, uses: 0 }, token };
  });
}

/** Switches the link of a role off, at once. @throws Refusal `not_found` */
export async function dropInviteLink(db: Database, who: Who, role: string): Promise<void> {
  const none = new Refusal("not_found", "There is no invite link for this role.");
  // PostgreSQL takes no U+0000.
  if (role.includes("\0")) throw none;
  await inTenant(db, who, async (scope) => {
    await underLock(db, scope);
    const [gone] = await scope.trx.run(deleteInviteLink(who.tenantId, role));
    if (!gone) throw none;
    await record(scope, event(scope, "invite_link.deleted", { type: "invite_link", id: gone.id }, { role }));
  });
}

function checkRole(roles: Parameters<typeof isRole>[0], { permissions }: AdminWho, role: string): void {
  if (!isRole(roles, role)) throw new Refusal("not_found", noSuchRole(role, roles));
  checkMayGrant(roles, permissions, [role]);
}

function asDomain(written: string, index: number): string {
  const domain = domainName(written);
  if (domain !== undefined) return domain;
  const message = `'${written}' is no domain; write it as example.com`;
  throw new Refusal("invalid_request", `${message}.`, { errors: [{ path: `/allowedDomains/${index}`, message }] });
}
