/**
 * events/ owns the journal: what happened, by whom, to whom. It is the audit log, the activity feed and the source of
 * everything that tells the world. Rows are written by `record`, or by a statement of another room that carries
 * `toldBy`, always in the transaction of the change itself.
 */
import { newId } from "../base/ids.ts";
import type { Actor, Who } from "../storage/types.ts";

/** Each type of event: a noun and what happened to it. */
export type EventType =
  | "tenant.created"
  | "tenant.updated"
  | "tenant.deleted"
  | "tenant.restored"
  | "tenant.purged"
  | "tenant.contact_changed"
  | "tenant.adminless"
  | "tenant.reconciled"
  | "plan.changed"
  | "seats.threshold_reached"
  | "seat.limit_reached"
  | "mappings.changed"
  | "role.created"
  | "role.updated"
  | "role.deleted"
  | "app_resource.created"
  | "app_resource.updated"
  | "app_resource.deleted"
  | "directory.created"
  | "directory.updated"
  | "directory.switched_off"
  | "directory.deleted"
  | "scim_token.created"
  | "scim_token.revoked"
  | "machine_credential.created"
  | "machine_credential.revoked"
  | "api_key.created"
  | "api_key.revoked"
  | "group.created"
  | "group.updated"
  | "group.members_changed"
  | "group.deleted"
  | "resource.created"
  | "resource.updated"
  | "resource.deleted"
  | "team.created"
  | "team.updated"
  | "team.deleted"
  | "member.created"
  | "member.updated"
  | "member.signed_in"
  | "member.password_changed"
  | "member.password_reset"
  | "member.second_factor_added"
  | "member.second_factor_removed"
  | "member.recovery_codes_made"
  | "member.recovery_code_used"
  | "member.signed_out"
  | "member.tokens_revoked"
  | "member.break_glass_used"
  | "member.account_attached"
  | "member.account_detached"
  | "member.identity_linked"
  | "member.groups_overage"
  | "member.suspended"
  | "member.reactivated"
  | "member.seat_promoted"
  | "member.grants_changed"
  | "member.deleted"
  | "member.erased"
  | "member.offboarding"
  | "member.offboarding_acknowledged"
  | "member.offboarding_overdue"
  | "member.teams_changed"
  | "member.preferences_changed"
  | "member.activity_reported"
  | "connection.created"
  | "connection.updated"
  | "connection.tested"
  | "connection.metadata_failed"
  | "connection.certificate_expiring"
  | "connection.key_created"
  | "connection.key_deleted"
  | "connection.revocation_credential_created"
  | "connection.revocation_credential_deleted"
  | "connection.deleted"
  | "domain.created"
  | "domain.verified"
  | "domain.failing"
  | "domain.lapsed"
  | "domain.restored"
  | "domain.updated"
  | "domain.deleted"
  | "join_request.created"
  | "join_request.approved"
  | "join_request.declined"
  | "invitation.created"
  | "invitation.resent"
  | "invitation.accepted"
  | "invitation.expired"
  | "invitation.revoked"
  | "import.created"
  | "import.ended"
  | "invite_link.created"
  | "invite_link.deleted"
  | "setup_link.created"
  | "setup_link.redeemed"
  | "setup_link.revoked"
  | "setup_request.created"
  | "setup_request.approved"
  | "setup_request.declined"
  | "webhook.created"
  | "webhook.updated"
  | "webhook.secret_rotated"
  | "webhook.tested"
  | "webhook.disabled"
  | "webhook.deleted";

/** What an event is about. */
export interface Target {
  readonly type:
    | "tenant"
    | "member"
    | "group"
    | "team"
    | "resource"
    | "directory"
    | "scim_token"
    | "machine_credential"
    | "api_key"
    | "plan"
    | "role"
    | "app_resource"
    | "connection"
    | "domain"
    | "join_request"
    | "invitation"
    | "import"
    | "invite_link"
    | "setup_link"
    | "setup_request"
    | "webhook";
  readonly id: string | null;
}

/** An event as it is written; `data` holds ids, names of attributes and transitions `[before, after]`, no secrets. */
export interface Event {
  readonly id: string;
  readonly type: EventType;
  readonly actor: Actor;
  readonly target: Target;
  readonly at: Date;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Makes an event of the use-case's actor and time; what stands beside the caller is told of it. */
export function event(
  who: Pick<Who, "actor" | "now" | "beside">,
  type: EventType,
  target: Target,
  data: Event["data"] = {},
): Event {
  const id = newId(who.now);
  who.beside?.told(id);
  return { id, type, actor: who.actor, target, at: who.now, data };
}
