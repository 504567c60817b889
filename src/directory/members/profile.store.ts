import type { Statement } from "../../storage/types.ts";

/** What a member prefers; no directory writes it. */
export interface Preferences {
  /** Language tag (RFC 5646); null = the directory's, else the tenant's. */
  readonly locale: string | null;
  readonly theme: "system" | "light" | "dark";
  /** By names that applications agree on; what is not named is as the application has it. */
  readonly notifications: Readonly<Record<string, boolean>>;
  readonly signature: string | null;
}

/** Of who has chosen nothing. */
const NOTHING_CHOSEN: Preferences = { locale: null, theme: "system", notifications: {}, signature: null };

/** A member's preferences, for a `select` over `members m`; what was not chosen is as nobody chose it. */
export const PREFERENCES = `'${JSON.stringify(NOTHING_CHOSEN)}'::jsonb || coalesce((select p.preferences
    from member_preferences p where p.tenant_id = m.tenant_id and p.member_id = m.id), '{}') as "preferences"`;

/** The preferences of one member. */
export function preferencesOf(tenantId: string, memberId: string): Statement<{ preferences: Preferences }> {
  return {
    name: "profile_preferences",
    text: `select ${PREFERENCES} from members m where m.tenant_id = $1 and m.id = $2`,
    values: [tenantId, memberId],
  };
}

/** Writes what a member prefers. */
export function writePreferences(tenantId: string, memberId: string, preferences: Preferences): Statement {
  return {
    name: "profile_write_preferences",
    text: `insert into member_preferences (tenant_id, member_id, preferences) values ($1, $2, $3)
      on conflict (tenant_id, member_id) do update set preferences = excluded.preferences`,
    values: [tenantId, memberId, JSON.stringify(preferences)],
  };
}

/** The address that a member wants and has not proven yet. */
export function pendingEmail(tenantId: string, memberId: string, now: Date): Statement<{ email: string }> {
  return {
    name: "profile_pending_email",
    text: `select email from (select email, confirmed_at, expires_at from email_changes
        where tenant_id = $1 and member_id = $2 order by id desc limit 1) latest
      where confirmed_at is null and expires_at > $3`,
    values: [tenantId, memberId, now],
  };
}
