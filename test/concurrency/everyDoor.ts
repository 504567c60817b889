/** A tenant with all its doors open, for cases in which people come and go by each of them at once. */
import { newId } from "../../src/base/ids.ts";
import { hashToken } from "../../src/base/secrets.ts";
import type { Account } from "../../src/directory/accounts/accounts.store.ts";
import { joinByAccount } from "../../src/directory/domains/autoJoin.ts";
import { inviteMany } from "../../src/directory/invitations/invite.ts";
import { resendInvitation, revokeInvitation } from "../../src/directory/invitations/invitations.ts";
import { makeInviteLink } from "../../src/directory/invitations/inviteLinks.ts";
import { joinInvited } from "../../src/directory/invitations/joining.ts";
import { joinByLink } from "../../src/directory/invitations/linkJoining.ts";
import { addMember, type AdminWho } from "../../src/directory/members/adminMembers.ts";
import { underLock } from "../../src/directory/members/underLock.ts";
import { createRole } from "../../src/directory/roles/roles.ts";
import { admit, settingsOf } from "../../src/directory/signIn/ssoSignIn.ts";
import { defaultSettings } from "../../src/directory/tenants/tenantSettings.ts";
import { inTenant } from "../../src/storage/scope.ts";
import { world } from "../directory/mappingWorld.ts";
import { ways } from "../support/api.ts";

export type EveryDoor = Awaited<ReturnType<typeof everyDoor>>;

/** A token that opens an invitation, and whose it is. */
interface Ticket {
  readonly memberId: string;
  token: string;
}

const nobody = { givenName: null, familyName: null, displayName: null };
const named = { givenName: "Ana", familyName: "Berg" };

/** Makes it: a role `desk` of its own, a connection, a domain by which people join, a link for each role. */
export async function everyDoor(options: Parameters<typeof world>[0]) {
  const here = await world(options);
  const { db, tenantId } = here;
  const operator = () => ({ tenantId, actor: { type: "operator" }, now: new Date() }) as const;
  const admin = (): AdminWho => ({ ...operator(), permissions: ["*"] });
  const system = () => ({ actor: { type: "system" }, now: new Date() }) as const;
  const parts = { db, secretKeys: ways.secretKeys };

  await createRole(db, admin(), "role", { slug: "desk", name: "Desk" });
  const { rows } = await db.pool.query(
    `insert into connections (tenant_id, id, protocol, provider, name, status, settings, created_at, updated_at)
     values ($1, gen_random_uuid(), 'oidc', 'other', 'Provider', 'enabled', '{}', now(), now()) returning id`,
    [tenantId],
  );
  const { id: connectionId } = rows[0] as { id: string };
  const domain = `${here.slug}.com`;
  await here.call("POST", "/domains", { domain });
  await here.call("POST", `/domains/${domain}/verify`, { force: true });
  await here.call("PATCH", `/domains/${domain}`, { autoJoin: { enabled: true } });
  const tickets: Ticket[] = [];
  const links = new Map<string, string>();

  /** Somebody's own login, whose mailbox they have proven. */
  const account = async (email: string): Promise<Account> => {
    const found = { id: newId(new Date()), email, emailKey: email, name: named, language: null };
    await db.pool.query(
      `insert into accounts (id, email, email_key, name, password_hash, created_at) values ($1, $2, $2, $3, '', now())`,
      [found.id, email, named],
    );
    return found;
  };
  const invite = async (email: string, roles: readonly string[] | undefined, entrance: "invitation" | "csv") => {
    const wish = { invitations: [{ email, name: named, roles }], sendEmail: false, entrance };
    const [result] = (await inviteMany(parts, admin(), wish)).results;
    if (result?.token && result.memberId) tickets.push({ memberId: result.memberId, token: result.token });
  };
  const relink = async (role: string): Promise<void> => {
    const wish = { expiresAt: null, maxUses: null, allowedDomains: [] };
    links.set(role, (await makeInviteLink(db, admin(), role, wish)).token);
  };
  for (const role of ["admin", "member", "viewer", "desk"]) await relink(role);

  return {
    ...here,
    operator,
    admin,
    domain,
    links,
    tickets,
    relink,
    doors: {
      scim: async (local: string) => void (await here.person(local)),
      admin: async (local: string, role: string | null) => {
        const person = { email: `${local}@example.org`, name: named, ...(role === null ? {} : { roles: [role] }) };
        await addMember(db, admin(), person, defaultSettings);
      },
      invitation: (local: string, role: string | null) =>
        invite(`${local}@example.net`, role === null ? undefined : [role], "invitation"),
      csv: (local: string, role: string | null) =>
        invite(`${local}@example.net`, role === null ? undefined : [role], "csv"),
      /** By the link of a role, where there is one. */
      link: async (local: string, role: string | null) => {
        const hash = hashToken(links.get(role ?? "member") ?? "");
        await joinByLink(db, system(), { tenantId, hash }, await account(`${local}.${here.slug}@example.info`));
      },
      domain: async (local: string) => void (await joinByAccount(db, system(), await account(`${local}@${domain}`))),
      /** Signs in as somebody whom the identity provider vouches for, the first time or again. */
      sso: async (local: string) => {
        const email = `${local}@idp.example`;
        const connection = { id: connectionId, protocol: "oidc", enabled: true, directoryId: null } as const;
        const more = { match: [], groups: "absent", providerSession: null, sessionEnds: null } as const;
        const identity = { issuer: "https://idp.example", subject: email, email, name: nobody, ...more };
        await inTenant(db, { ...system(), tenantId }, async (scope) => {
          const locked = await underLock(db, scope);
          const settings = await settingsOf(scope);
          await admit(scope, locked, { ...connection, matchAttribute: "userName" }, identity, settings);
        });
      },
    },
    accept: async ({ memberId, token }: Ticket): Promise<void> => {
      const joining = { hash: hashToken(token), memberId, by: "password", isProven: false, passwordHash: "" } as const;
      await inTenant(db, { ...system(), tenantId }, (scope) => joinInvited(db, scope, joining));
    },
    resend: async (ticket: Ticket): Promise<void> => {
      const { token } = await resendInvitation(parts, admin(), ticket.memberId, false);
      ticket.token = token ?? ticket.token;
    },
    revoke: ({ memberId }: Ticket) => revokeInvitation(db, admin(), memberId),
  };
}
