import { randomInt } from "node:crypto";
import { fold } from "../../base/fold.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { passwordAllowed } from "../accounts/passwordAllowed.ts";
import { hashPassword } from "../accounts/passwords.ts";
import { passwordSettings } from "../signIn/localSession.ts";
import { completeSettings } from "../tenants/tenantSettings.ts";
import { tenantById } from "../tenants/tenants.store.ts";
import type { Tenant } from "../tenants/tenant.ts";
import type { InviteWish } from "./invite.ts";

/** A password that the inviter hands over, and that must be changed at the first sign-in; null where none may be used. */
export type Temporary = { readonly password: string; readonly hash: string } | null;

/** Without those that are read as another one. */
const LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/** 20 of 56: 116 bits, typed in groups of five. */
const GROUPS = 4;

/** Whether people are let in at once with a password that the inviter hands over, in place of a link. */
export async function asksForPasswords(db: Database, who: Who, wish: InviteWish): Promise<boolean> {
  return isAsking(await read(db, who), wish);
}

/** Passwords for all, hashed before anything is locked; null where the tenant's way is a link. */
export async function temporaryPasswords(
  db: Database,
  who: Who,
  wish: InviteWish,
): Promise<readonly Temporary[] | null> {
  const tenant = await read(db, who);
  if (!tenant || !isAsking(tenant, wish)) return null;
  const { enforcement } = await passwordSettings(db, tenant);
  return Promise.all(
    wish.invitations.map(async ({ email }) => {
      // Rule 28: where single sign-on is required a password opens nothing.
      if (!passwordAllowed({ breakGlass: false, emailKey: fold(email) }, enforcement)) return null;
      const password = newPassword();
      return { password, hash: await hashPassword(password) };
    }),
  );
}

async function read(db: Database, { tenantId }: Who): Promise<Tenant | undefined> {
  return (await onceInTenant(db, { tenantId }, tenantById(tenantId)))[0][0];
}

function isAsking(tenant: Tenant | undefined, { entrance = "invitation" }: InviteWish): boolean {
  if (!tenant || entrance !== "invitation") return false;
  return completeSettings(tenant.settings, tenant.planQuota).invitations.credential === "temporaryPassword";
}

function newPassword(): string {
  const group = (): string => Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
  return Array.from({ length: GROUPS }, group).join("-");
}
