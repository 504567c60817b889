import type { Candidate } from "../../admission/linking.ts";
import type { Statement } from "../../storage/types.ts";
import type { Arrival } from "./maskedArrival.ts";
import type { Demands } from "./sessions.store.ts";
import { LOGGED_OUT } from "./providerLogouts.store.ts";

/** A sign-in attempt as it is begun. */
export interface NewAttempt {
  readonly id: string;
  readonly connectionId: string;
  /** SHA-256 of the browser's cookie. */
  readonly browserHash: Buffer;
  readonly requestId: string;
  readonly proof: Buffer | null;
  readonly returnTo: string;
  /** The test that it belongs to: it signs nobody in. */
  readonly testId: string | null;
  /** Of the token of an invitation or invite link by which the person comes. */
  readonly invitationHash: Buffer | null;
  /** What the identity provider is asked for; null = nothing. */
  readonly demands: Demands | null;
  readonly expiresAt: Date;
}

/** Remembers an attempt, and sweeps a few of the tenant's that have expired. */
export function insertAttempt(tenantId: string, attempt: NewAttempt, now: Date): Statement {
  return {
    name: "attempt_insert",
    text: `with swept as (delete from sign_in_attempts where tenant_id = $1 and id in
        (select id from sign_in_attempts where tenant_id = $1 and expires_at < $9::timestamptz - interval '1 day' limit 20))
      insert into sign_in_attempts (tenant_id, id, connection_id, browser_hash, request_id, proof, return_to, expires_at,
        created_at, test_id, invitation_hash, demands) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)`,
    values: [
      tenantId,
      attempt.id,
      attempt.connectionId,
      attempt.browserHash,
      attempt.requestId,
      attempt.proof,
      attempt.returnTo,
      attempt.expiresAt,
      now,
      attempt.testId,
      attempt.invitationHash,
      attempt.demands === null ? null : JSON.stringify(attempt.demands),
    ],
  };
}

/** An attempt as its answer needs it. */
export interface OpenAttempt {
  readonly id: string;
  readonly proof: Buffer | null;
  readonly browserHash: Buffer;
  readonly testId: string | null;
}

/** Deletes attempts a day after they expired, so many of each tenant and in all; answers how many. */
export function deleteOldAnswers(now: Date, most: number): Statement<{ count: number }> {
  return {
    name: "attempt_sweep_old",
    text: `with old as (select t.id as tenant_id, o.id from tenants t cross join lateral (
          select a.id from sign_in_attempts a where a.tenant_id = t.id and a.expires_at < $1::timestamptz - interval '1 day'
          order by a.expires_at limit $2 for update skip locked) o limit $2),
        gone as (delete from sign_in_attempts a using old where a.tenant_id = old.tenant_id and a.id = old.id returning a.id)
      select count(*) from gone`,
    values: [now, most],
  };
}

/** What of an attempt the answer needs: the proof that was kept for it. */
export function attemptByRequest(
  tenantId: string,
  connectionId: string,
  requestId: string,
  now: Date,
): Statement<OpenAttempt> {
  return {
    name: "attempt_by_request",
    text: `select id, proof, browser_hash as "browserHash", test_id as "testId" from sign_in_attempts
      where tenant_id = $1 and connection_id = $2 and request_id = $3 and consumed_at is null and expires_at > $4`,
    values: [tenantId, connectionId, requestId, now],
  };
}

/** What an answer may be used for once. */
export interface ConsumedAnswer {
  readonly connectionId: string;
  readonly requestId: string;
  readonly assertion: { readonly id: string; readonly expiresAt: Date };
  readonly handleHash: Buffer;
  readonly identity: unknown;
}

/**
 * Uses up the assertion and the attempt that an answer names, once, and puts the identity under a one-time handle; a row
 * or none. One statement, for it may wait for no lock of the tenant's. Assertions are forgotten when they have expired.
 */
export function consumeAttempt(
  tenantId: string,
  answer: ConsumedAnswer,
  now: Date,
): Statement<{ testId: string | null }> {
  const { connectionId, requestId, assertion, handleHash, identity } = answer;
  return {
    name: "attempt_consume",
    text: `with swept as (delete from used_assertions where tenant_id = $1 and connection_id = $2 and expires_at < $4),
        used as (insert into used_assertions (tenant_id, connection_id, assertion_id, expires_at) values ($1,$2,$7,$8)
          on conflict do nothing returning assertion_id)
      update sign_in_attempts a set consumed_at = $4, handle_hash = $5, identity = $6 from used
      where a.tenant_id = $1 and a.connection_id = $2 and a.request_id = $3 and a.consumed_at is null
        and a.expires_at > $4
      returning a.test_id as "testId"`,
    values: [
      tenantId,
      connectionId,
      requestId,
      now,
      handleHash,
      JSON.stringify(identity),
      assertion.id,
      assertion.expiresAt,
    ],
  };
}

/** Uses up a message of an identity provider that signs nobody in; a row or none. Those that have expired are forgotten. */
export function useOnce(
  tenantId: string,
  connectionId: string,
  message: ConsumedAnswer["assertion"],
  now: Date,
): Statement<{ id: string }> {
  return {
    name: "assertion_use",
    text: `with swept as (delete from used_assertions where tenant_id = $1 and connection_id = $2 and expires_at < $5)
      insert into used_assertions (tenant_id, connection_id, assertion_id, expires_at) values ($1,$2,$3,$4)
      on conflict do nothing returning assertion_id as id`,
    values: [tenantId, connectionId, message.id, message.expiresAt, now],
  };
}

/** Takes an open attempt for one of the copies of an answer; a row or none. */
export function claimAttempt(tenantId: string, id: string, now: Date): Statement<{ id: string }> {
  return {
    name: "attempt_claim",
    text: `update sign_in_attempts set consumed_at = $3
      where tenant_id = $1 and id = $2 and consumed_at is null and expires_at > $3 returning id`,
    values: [tenantId, id, now],
  };
}

/** Puts the identity of a claimed attempt under its one-time handle. */
export function keepIdentity(tenantId: string, id: string, handleHash: Buffer, identity: unknown): Statement {
  return {
    name: "attempt_keep_identity",
    text: "update sign_in_attempts set handle_hash = $3, identity = $4 where tenant_id = $1 and id = $2 and handle_hash is null",
    values: [tenantId, id, handleHash, JSON.stringify(identity)],
  };
}

/** An attempt whose identity waits for its browser. */
export interface Redeemed extends Pick<NewAttempt, "connectionId" | "returnTo" | "invitationHash" | "demands"> {
  readonly identity: unknown;
  /** Whether the identity provider has signed the person out since it answered. */
  readonly loggedOut: boolean;
}

/** Redeems the handle of a sign-in once, and only in the browser that began; a row or none, for a test too. */
export function redeemAttempt(
  tenantId: string,
  handleHash: Buffer,
  browserHash: Buffer,
  now: Date,
): Statement<Redeemed> {
  return {
    name: "attempt_redeem",
    text: `update sign_in_attempts a set redeemed_at = $4
      where tenant_id = $1 and handle_hash = $2 and browser_hash = $3 and redeemed_at is null and expires_at > $4
        and test_id is null
      returning connection_id as "connectionId", return_to as "returnTo", identity,
        invitation_hash as "invitationHash", demands, ${LOGGED_OUT} as "loggedOut"`,
    values: [tenantId, handleHash, browserHash, now],
  };
}

/** A candidate, who may be one that was invited and has not joined. */
export type Found = Candidate & { readonly invited: boolean };

const CANDIDATE = `m.id, m.status = 'suspended' as suspended, m.joined_at is null as invited,
  m.break_glass as "breakGlass", m.directory_id as "directoryId",
  exists (select from identities i where i.tenant_id = m.tenant_id and i.member_id = m.id and i.connection_id = $2) as linked`;

/** The member to whom an identity is linked. */
export function knownCandidate(
  tenantId: string,
  connectionId: string,
  issuer: string,
  subject: string,
): Statement<Found> {
  return {
    name: "link_known",
    text: `select ${CANDIDATE} from identities k join members m on m.tenant_id = k.tenant_id and m.id = k.member_id
      where k.tenant_id = $1 and k.connection_id = $2 and k.issuer = $3 and k.subject = $4`,
    values: [tenantId, connectionId, issuer, subject],
  };
}

/** Members with an address, in any of its forms (folded); two are enough to know that it is not one. */
export function addressedCandidates(
  tenantId: string,
  connectionId: string,
  emailKeys: readonly string[],
): Statement<Found> {
  return {
    name: "link_addressed",
    text: `select ${CANDIDATE} from members m where m.tenant_id = $1 and m.email_key = any ($3::text[]) limit 2`,
    values: [tenantId, connectionId, emailKeys],
  };
}

/** Members of a directory whom a match value names: by external id or folded user name. */
export function matchedCandidates(
  tenantId: string,
  connectionId: string,
  attribute: "externalId" | "userName",
  values: readonly string[],
): Statement<Found> {
  const column = attribute === "externalId" ? "external_id" : "user_name_key";
  return {
    name: `link_matched_${column}`,
    text: `select ${CANDIDATE} from members m where m.tenant_id = $1 and m.${column} = any ($3::text[]) limit 2`,
    values: [tenantId, connectionId, values],
  };
}

/** What else linking asks of the tenant: rules 22, 24 and 25. */
export function linkingFacts(
  tenantId: string,
  of: {
    connectionId: string;
    issuer: string;
    subject: string;
    emailKeys: readonly string[];
    domain: string | null;
  },
): Statement<{ domainVerified: boolean; removed: boolean; scimSeen: boolean; provisioning: string | null }> {
  return {
    name: "link_facts",
    text: `select
        exists (select from domains d where d.tenant_id = $1 and d.domain = $6 and d.status = 'verified') as "domainVerified",
        exists (select from removed_subjects r where r.tenant_id = $1 and r.connection_id = $2 and r.issuer = $3
          and r.subject = $4) or exists (select from tombstones b where b.tenant_id = $1 and b.email_key = any ($5::text[])) as removed,
        exists (select from members m where m.tenant_id = $1 and m.directory_id is not null) as "scimSeen",
        (select t.settings->'signIn'->>'provisioning' from tenants t where t.id = $1) as provisioning`,
    values: [tenantId, of.connectionId, of.issuer, of.subject, of.emailKeys, of.domain],
  };
}

/** Links an identity to a member, or keeps the link; the group values are those of now, unless null. */
export function linkIdentity(
  tenantId: string,
  identity: { connectionId: string; issuer: string; subject: string },
  memberId: string,
  claims: readonly string[] | null,
  now: Date,
): Statement<{ memberId: string }> {
  return {
    name: "identity_link",
    text: `insert into identities (tenant_id, connection_id, issuer, subject, member_id, claims, created_at, last_used_at)
      values ($1,$2,$3,$4,$5,coalesce($6::jsonb, '[]'),$7,$7)
      on conflict (tenant_id, connection_id, issuer, subject) do update
        set claims = coalesce($6::jsonb, identities.claims), last_used_at = $7
      returning member_id as "memberId"`,
    values: [
      tenantId,
      identity.connectionId,
      identity.issuer,
      identity.subject,
      memberId,
      claims === null ? null : JSON.stringify(claims),
      now,
    ],
  };
}

/** Keeps the subjects of a member who is removed (rule 22). */
export function buryIdentities(tenantId: string, memberId: string, now: Date): Statement {
  return {
    name: "identity_bury",
    text: `insert into removed_subjects (tenant_id, connection_id, issuer, subject, removed_at)
      select tenant_id, connection_id, issuer, subject, $3 from identities where tenant_id = $1 and member_id = $2
      on conflict do nothing`,
    values: [tenantId, memberId, now],
  };
}

/** When a member signed in last: no change of theirs, so neither version nor journal. */
export function touchMember(tenantId: string, memberId: string, now: Date): Statement {
  return {
    name: "sign_in_touch",
    text: "update members set last_sign_in_at = $3 where tenant_id = $1 and id = $2",
    values: [tenantId, memberId, now],
  };
}

/** One line of the sign-in log. */
export interface SignInRecord {
  readonly id: string;
  readonly memberId: string | null;
  readonly connectionId: string | null;
  readonly method: "saml" | "oidc" | "password" | "passkey";
  readonly result: "signed_in" | "refused";
  readonly reason: string | null;
  readonly detail: string | null;
  readonly ip: string | null;
  readonly device: string | null;
  /** What the identity provider had signed, masked; absent where there is nothing. */
  readonly arrived?: Arrival | null;
}

/** Writes a try to sign in. */
export function insertSignIn(tenantId: string, record: SignInRecord, now: Date): Statement {
  return {
    name: "sign_in_insert",
    text: `insert into sign_ins (tenant_id, id, member_id, connection_id, method, result, reason, detail, ip, device, at,
        arrived) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)`,
    values: [
      tenantId,
      record.id,
      record.memberId,
      record.connectionId,
      record.method,
      record.result,
      record.reason,
      record.detail,
      record.ip,
      record.device,
      now,
      record.arrived ? JSON.stringify(record.arrived) : null,
    ],
  };
}

/** A line as it is read. */
export type SignInLine = Required<SignInRecord> & { readonly at: Date };

const LINE = `id, member_id as "memberId", connection_id as "connectionId", method, result, reason, detail, ip, device,
  arrived, at`;

/** One try. */
export function signInById(tenantId: string, id: string): Statement<SignInLine> {
  return {
    name: "sign_in_by_id",
    text: `select ${LINE} from sign_ins where tenant_id = $1 and id = $2`,
    values: [tenantId, id],
  };
}

/**
 * Deletes the oldest tries that are older than their tenant keeps them, so many of each tenant and in all; answers how
 * many. Processes take turns by what each finds unlocked.
 */
export function deleteOldSignIns(now: Date, defaultDays: number, most: number): Statement<{ count: number }> {
  return {
    name: "sign_in_sweep",
    text: `with old as (select t.id as tenant_id, o.id from tenants t cross join lateral (
          select s.id from sign_ins s where s.tenant_id = t.id and s.id < uuid_v7_floor($1::timestamptz
            - coalesce((t.settings->'signIn'->>'logDays')::integer, $2) * interval '1 day')
          order by s.id limit $3 for update skip locked) o limit $3),
        gone as (delete from sign_ins s using old where s.tenant_id = old.tenant_id and s.id = old.id returning s.id)
      select count(*) from gone`,
    values: [now, defaultDays, most],
  };
}

/** Tries below an id, the latest first; of one member, or of everybody. */
export function signInsBelow(
  tenantId: string,
  memberId: string | null,
  below: string | null,
  most: number,
): Statement<SignInLine> {
  return {
    name: memberId === null ? "sign_in_list" : "sign_in_list_member",
    text: `select ${LINE} from sign_ins where tenant_id = $1 and ${memberId === null ? "$2::uuid is null" : "member_id = $2"}
      and ($3::uuid is null or id < $3) order by id desc limit $4`,
    values: [tenantId, memberId, below, most],
  };
}

/** How many there are. */
export function countSignIns(tenantId: string, memberId: string | null): Statement<{ count: number }> {
  return {
    name: "sign_in_count",
    text: "select count(*) from sign_ins where tenant_id = $1 and ($2::uuid is null or member_id = $2)",
    values: [tenantId, memberId],
  };
}
