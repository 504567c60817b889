import type { Statement } from "../../storage/types.ts";

/** Whose password was right, until the second factor is shown. */
export interface StepRow {
  readonly id: string;
  readonly memberId: string;
  readonly mustChangePassword: boolean;
  /** SHA-256 of the password's hash: with another password the step is over. */
  readonly passwordMark: Buffer;
}

/** Keeps a step until a moment; those of the same member that were left behind are swept. */
export function insertStep(tenantId: string, step: StepRow & { hash: Buffer }, now: Date, expiresAt: Date): Statement {
  return {
    name: "step_insert",
    text: `with swept as (delete from sign_in_steps where tenant_id = $1 and member_id = $3 and expires_at < $6)
      insert into sign_in_steps (tenant_id, id, member_id, hash, must_change_password, expires_at, password_mark)
      values ($1,$2,$3,$4,$5,$7,$8)`,
    values: [tenantId, step.id, step.memberId, step.hash, step.mustChangePassword, now, expiresAt, step.passwordMark],
  };
}

/** The step of a cookie. */
export function stepByHash(tenantId: string, hash: Buffer, now: Date): Statement<StepRow> {
  return {
    name: "step_by_hash",
    text: `select id, member_id as "memberId", must_change_password as "mustChangePassword",
        password_mark as "passwordMark" from sign_in_steps
      where tenant_id = $1 and hash = $2 and expires_at > $3`,
    values: [tenantId, hash, now],
  };
}

/** Takes a step, once. */
export function takeStep(tenantId: string, id: string): Statement<{ id: string }> {
  return {
    name: "step_take",
    text: "delete from sign_in_steps where tenant_id = $1 and id = $2 returning id",
    values: [tenantId, id],
  };
}

/** Ends the steps of a member: who began must show the password once more. */
export function endStepsOf(tenantId: string, memberId: string): Statement {
  return {
    name: "step_end_all_of",
    text: "delete from sign_in_steps where tenant_id = $1 and member_id = $2",
    values: [tenantId, memberId],
  };
}
