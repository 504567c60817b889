import type { Statement } from "../../storage/types.ts";

/** How often, in the last 7, 30 and 90 days. */
export interface Frequency {
  readonly days7: number;
  readonly days30: number;
  readonly days90: number;
}

/** From where or with what somebody signed in, how often and when last. */
export interface SeenFrom {
  /** An IP address, or a browser as it calls itself; null of what calls itself nothing that is known. */
  readonly from: string | null;
  readonly times: number;
  readonly lastAt: Date;
}

/** What the sign-in log says of a member. */
export interface SignInsSeen {
  readonly lastSignInAt: Date | null;
  readonly signedIn: Frequency;
  readonly refused: Frequency;
  /** Different days of the last 90 (UTC) on which they signed in. */
  readonly days: number;
  readonly ips: readonly (Omit<SeenFrom, "lastAt"> & { readonly lastAt: string })[];
  readonly devices: readonly (Omit<SeenFrom, "lastAt"> & { readonly lastAt: string })[];
}

/** Lines that are looked at: fifty a day, for the ninety days that are counted. */
const MOST_LINES = 5_000;
/** Places and browsers that are told; people have few. */
const MOST_SEEN = 50;

/** A member's sign-ins of the last 90 days in numbers; no row where there is no such member. */
export function signInsSeen(tenantId: string, memberId: string, now: Date): Statement<SignInsSeen> {
  return {
    name: "sign_in_summary",
    text: `with own as materialized (select result, ip, device, at from sign_ins where tenant_id = $1 and member_id = $2
          and id >= uuid_v7_floor($3::timestamptz - interval '90 days') order by id desc limit ${MOST_LINES})
      select m.last_sign_in_at as "lastSignInAt", ${frequency("signed_in")} as "signedIn", ${frequency("refused")} as refused,
        (select count(distinct (at at time zone 'UTC')::date) from own where result = 'signed_in') as days,
        ${seen("ip")} as ips, ${seen("device")} as devices
      from members m where m.tenant_id = $1 and m.id = $2`,
    values: [tenantId, memberId, now],
  };
}

function frequency(result: "signed_in" | "refused"): string {
  const within = [7, 30, 90].map(
    (days) => `'days${days}', count(*) filter (where at > $3::timestamptz - interval '${days} days')`,
  );
  return `(select jsonb_build_object(${within.join(", ")}) from own where result = '${result}')`;
}

function seen(column: "ip" | "device"): string {
  return `(select coalesce(jsonb_agg(jsonb_build_object('from', x.${column}, 'times', x.times, 'lastAt', x.last)
      order by x.last desc), '[]')
    from (select ${column}, count(*) as times, max(at) as last from own
      where result = 'signed_in' and ${column} is not null group by ${column} order by 3 desc limit ${MOST_SEEN}) x)`;
}
