import type { Statement } from "../../storage/types.ts";

/** The wish for another address. */
export interface EmailChange {
  readonly id: string;
  readonly memberId: string;
  readonly email: string;
  readonly expiresAt: Date;
  readonly confirmedAt: Date | null;
  /** The address before, of one that is confirmed. */
  readonly previous: string | null;
}

/** How often a member has asked since a moment. */
export function emailChangesSince(tenantId: string, memberId: string, since: Date): Statement<{ count: number }> {
  return {
    name: "email_change_count",
    text: "select count(*) from email_changes where tenant_id = $1 and member_id = $2 and created_at > $3",
    values: [tenantId, memberId, since],
  };
}

/** A new wish, in place of those before; what is older than a day is forgotten. */
export function insertEmailChange(
  tenantId: string,
  { id, memberId, email, expiresAt }: Omit<EmailChange, "confirmedAt" | "previous">,
  now: Date,
): Statement {
  return {
    name: "email_change_insert",
    text: `with old as (delete from email_changes where tenant_id = $1 and member_id = $3
        and created_at < $5::timestamptz - interval '1 day')
      insert into email_changes (tenant_id, id, member_id, email, created_at, expires_at) values ($1,$2,$3,$4,$5,$6)`,
    values: [tenantId, id, memberId, email, now, expiresAt],
  };
}

/** Ends what a member has wished. */
export function dropEmailChanges(tenantId: string, memberId: string, now: Date): Statement<{ id: string }> {
  return {
    name: "email_change_drop",
    text: `update email_changes set expires_at = $3
      where tenant_id = $1 and member_id = $2 and confirmed_at is null and expires_at > $3 returning id`,
    values: [tenantId, memberId, now],
  };
}

/** One wish, unless the member has wished another one since. */
export function emailChange(tenantId: string, id: string): Statement<EmailChange> {
  return {
    name: "email_change",
    text: `select c.id, c.member_id as "memberId", c.email, c.expires_at as "expiresAt", c.confirmed_at as "confirmedAt",
        c.previous from email_changes c where c.tenant_id = $1 and c.id = $2 and not exists
          (select from email_changes later where later.tenant_id = $1 and later.member_id = c.member_id and later.id > c.id)`,
    values: [tenantId, id],
  };
}

/** A wish that was fulfilled, whatever the member has wished since: the address before is told of it all the same. */
export function confirmedEmailChange(
  tenantId: string,
  id: string,
): Statement<Pick<EmailChange, "memberId" | "previous">> {
  return {
    name: "email_change_confirmed",
    text: `select member_id as "memberId", previous from email_changes
      where tenant_id = $1 and id = $2 and confirmed_at is not null`,
    values: [tenantId, id],
  };
}

/** Forgets the address before, which has been told. */
export function forgetPrevious(tenantId: string, id: string): Statement {
  return {
    name: "email_change_forget",
    text: "update email_changes set previous = null where tenant_id = $1 and id = $2",
    values: [tenantId, id],
  };
}

/** Marks a wish as fulfilled; keeps the address before until it has been told. */
export function confirmEmailChange(tenantId: string, id: string, previous: string | null, now: Date): Statement {
  return {
    name: "email_change_confirm",
    text: "update email_changes set confirmed_at = $4, previous = $3 where tenant_id = $1 and id = $2",
    values: [tenantId, id, previous, now],
  };
}
