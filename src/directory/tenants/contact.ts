import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { lockContact, readContactRow, writeContact, type Contact } from "./contact.store.ts";

const NOBODY: Contact = { name: null, email: null, phone: null, notes: null };
const FIELDS = ["name", "email", "phone", "notes"] as const;

/** Whom the members of a tenant turn to; all null before there is one. */
export async function readContact(db: Database, who: Pick<Who, "tenantId">): Promise<Contact> {
  const [[row]] = await onceInTenant(db, who, readContactRow(who.tenantId));
  return row?.contact ?? NOBODY;
}

/** Replaces the contact; what is left out is told no more. The one that stands already writes and records nothing. */
export async function replaceContact(db: Database, who: Who, wanted: Partial<Contact>): Promise<Contact> {
  const contact = { ...NOBODY, ...wanted };
  return inTenant(db, who, async (scope) => {
    const { trx, tenantId } = scope;
    const [row] = await trx.run(lockContact(tenantId));
    const before = row?.contact ?? NOBODY;
    const attributes = FIELDS.filter((field) => before[field] !== contact[field]);
    if (attributes.length === 0) return before;
    await trx.run(writeContact(tenantId, contact));
    await record(scope, event(scope, "tenant.contact_changed", { type: "tenant", id: tenantId }, { attributes }));
    return contact;
  });
}
