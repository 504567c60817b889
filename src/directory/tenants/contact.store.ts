import type { Statement } from "../../storage/types.ts";

/** Whom the members of a tenant turn to with questions; null is not told. */
export interface Contact {
  readonly name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly notes: string | null;
}

/** The contact as it stands; null before there is one. */
export function readContactRow(tenantId: string): Statement<{ contact: Contact | null }> {
  return { name: "contact_read", text: "select contact from tenants where id = $1", values: [tenantId] };
}

/** The same, and nobody else writes it until the transaction ends. */
export function lockContact(tenantId: string): Statement<{ contact: Contact | null }> {
  return {
    name: "contact_lock",
    text: "select contact from tenants where id = $1 for no key update",
    values: [tenantId],
  };
}

/** Writes the whole contact. */
export function writeContact(tenantId: string, contact: Contact): Statement {
  return {
    name: "contact_write",
    text: "update tenants set contact = $2 where id = $1",
    values: [tenantId, JSON.stringify(contact)],
  };
}
