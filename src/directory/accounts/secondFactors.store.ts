import type { Statement } from "../../storage/types.ts";
import type { Holder } from "./factorHolder.ts";

/** What a holder has besides passkeys. */
export interface FactorRow {
  /** Sealed; null = no authenticator app. */
  readonly totpSecret: Buffer | null;
  readonly totpConfirmedAt: Date | null;
  readonly recoveryCodes: number;
}

/** Where the rows of each kind of holder are; `$1` is the tenant (null for an account), `$2` the holder. */
const PLACES = {
  member: { table: "member_factors", is: "f.tenant_id = $1 and f.member_id = $2" },
  account: { table: "account_factors", is: "$1::uuid is null and f.account_id = $2" },
} as const;

/** The first two values of every statement about a holder. */
export function holderValues(holder: Holder): [tenantId: string | null, id: string] {
  return [holder.kind === "member" ? holder.tenantId : null, holder.id];
}

/** What a holder has; no row where they never had any. */
export function factorsOf(holder: Holder): Statement<FactorRow> {
  const { table, is } = PLACES[holder.kind];
  return {
    name: `factors_${holder.kind}`,
    text: `select f.totp_secret as "totpSecret", f.totp_confirmed_at as "totpConfirmedAt",
        cardinality(f.recovery_codes) as "recoveryCodes" from ${table} f where ${is}`,
    values: holderValues(holder),
  };
}

/** Keeps the secret of an app that has shown no code yet, in place of another such; no row where one is in use. */
export function keepTotp(holder: Holder, sealed: Buffer): Statement<{ kept: boolean }> {
  const { table } = PLACES[holder.kind];
  const key = holder.kind === "member" ? "tenant_id, member_id" : "account_id";
  const row = holder.kind === "member" ? "$1::uuid, $2::uuid" : "$2::uuid";
  return {
    name: `totp_keep_${holder.kind}`,
    text: `insert into ${table} as f (${key}, totp_secret)
      select ${row}, $3::bytea where $1::uuid is ${holder.kind === "member" ? "not null" : "null"}
      on conflict (${key}) do update set totp_secret = $3, totp_step = 0 where f.totp_confirmed_at is null
      returning true as kept`,
    values: [...holderValues(holder), sealed],
  };
}

/**
 * Takes a code of a time step, once: no row where a code of this step or a later one was taken (RFC 6238 §5.2), or the
 * secret is another one meanwhile. An app's first code puts it in use.
 */
export function takeTotp(
  holder: Holder,
  { sealed, step, now, first }: { sealed: Buffer; step: number; now: Date; first: boolean },
): Statement<{ taken: boolean }> {
  const { table, is } = PLACES[holder.kind];
  return {
    name: `totp_take_${holder.kind}`,
    text: `update ${table} f set totp_step = $4, totp_confirmed_at = coalesce(f.totp_confirmed_at, $5)
      where ${is} and f.totp_secret = $3 and f.totp_step < $4 and (f.totp_confirmed_at is null) = $6
      returning true as taken`,
    values: [...holderValues(holder), sealed, step, now, first],
  };
}

/** Takes the authenticator app away; no row where there is none in use. */
export function dropTotp(holder: Holder): Statement<{ dropped: boolean }> {
  const { table, is } = PLACES[holder.kind];
  return {
    name: `totp_drop_${holder.kind}`,
    text: `update ${table} f set totp_secret = null, totp_confirmed_at = null, totp_step = 0
      where ${is} and f.totp_confirmed_at is not null returning true as dropped`,
    values: holderValues(holder),
  };
}

/** Keeps recovery codes in place of all before them; with `unlessAny` only where there are none. */
export function keepRecoveryCodes(
  holder: Holder,
  hashes: readonly Buffer[],
  { unlessAny }: { unlessAny: boolean },
): Statement<{ kept: boolean }> {
  const { table } = PLACES[holder.kind];
  const key = holder.kind === "member" ? "tenant_id, member_id" : "account_id";
  const row = holder.kind === "member" ? "$1::uuid, $2::uuid" : "$2::uuid";
  return {
    name: `recovery_keep_${holder.kind}`,
    text: `insert into ${table} as f (${key}, recovery_codes)
      select ${row}, $3::bytea[] where $1::uuid is ${holder.kind === "member" ? "not null" : "null"}
      on conflict (${key}) do update set recovery_codes = $3 where not $4 or f.recovery_codes = '{}'
      returning true as kept`,
    values: [...holderValues(holder), hashes, unlessAny],
  };
}

/** Takes a recovery code, once, and answers how many are left; no row for one that is none. */
export function takeRecoveryCode(holder: Holder, hash: Buffer): Statement<{ left: number }> {
  const { table, is } = PLACES[holder.kind];
  return {
    name: `recovery_take_${holder.kind}`,
    text: `update ${table} f set recovery_codes = array_remove(f.recovery_codes, $3::bytea)
      where ${is} and $3 = any(f.recovery_codes) returning cardinality(f.recovery_codes) as left`,
    values: [...holderValues(holder), hash],
  };
}

/** Lets no other transaction look at what a holder has. */
export function lockFactors(holder: Holder): Statement {
  const { table, is } = PLACES[holder.kind];
  return {
    name: `factors_lock_${holder.kind}`,
    text: `select from ${table} f where ${is} for update`,
    values: holderValues(holder),
  };
}

/** Voids the recovery codes of a holder who has no factor any more that they could stand in for; a row if so. */
export function voidRecoveryCodes(holder: Holder): Statement<{ bare: boolean }> {
  const { table, is } = PLACES[holder.kind];
  const passkeys =
    holder.kind === "member"
      ? "select from member_passkeys k where k.tenant_id = f.tenant_id and k.member_id = f.member_id"
      : "select from account_passkeys k where k.account_id = f.account_id";
  return {
    name: `recovery_void_${holder.kind}`,
    text: `update ${table} f set recovery_codes = '{}'
      where ${is} and f.totp_confirmed_at is null and not exists (${passkeys}) returning true as bare`,
    values: holderValues(holder),
  };
}

/** Lets a session do what it may, now that there is a second factor. */
export function factorAdded(tenantId: string, sessionId: string): Statement {
  return {
    name: "session_factor_added",
    text: "update sessions set must_add_factor = false where tenant_id = $1 and id = $2 and must_add_factor",
    values: [tenantId, sessionId],
  };
}

/** Keeps when the holder of a session showed again who they are; of an account only while it is the member's. */
export function proveSession(tenantId: string, sessionId: string, by: Holder, now: Date): Statement {
  return {
    name: "session_prove",
    text: `update sessions s set proven_at = $3, account_proven_at = case when exists (select from account_members a
          where a.tenant_id = $1 and a.member_id = s.member_id and a.account_id = $4) then $3 else account_proven_at end
      where tenant_id = $1 and id = $2`,
    values: [tenantId, sessionId, now, by.kind === "account" ? by.id : null],
  };
}

/** Takes a member's authenticator app and recovery codes away; a row where an app was in use. */
export function clearFactorsOf(member: Extract<Holder, { kind: "member" }>): Statement<{ cleared: boolean }> {
  return {
    name: "factors_clear",
    text: `with gone as (delete from member_factors where tenant_id = $1 and member_id = $2 returning totp_confirmed_at)
      select true as cleared from gone where totp_confirmed_at is not null`,
    values: holderValues(member),
  };
}
