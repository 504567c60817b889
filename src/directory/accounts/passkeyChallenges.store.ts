import type { Statement } from "../../storage/types.ts";

/** Keeps a challenge until a moment, and sweeps a few that nobody answered; for who reads across tenants. */
export function insertChallenge(hash: Buffer, boundTo: Buffer, now: Date, expiresAt: Date): Statement {
  return {
    name: "passkey_challenge_insert",
    text: `with swept as (delete from passkey_challenges where hash in
        (select hash from passkey_challenges where expires_at < $3 limit 20 for update skip locked))
      insert into passkey_challenges (hash, bound_to, expires_at) values ($1, $2, $4)`,
    values: [hash, boundTo, now, expiresAt],
  };
}

/** Takes a challenge, once; no row for one that is spent, too old, or was made for another. */
export function takeChallenge(hash: Buffer, boundTo: Buffer, now: Date): Statement<{ taken: boolean }> {
  return {
    name: "passkey_challenge_take",
    text: `delete from passkey_challenges where hash = $1 and bound_to = $2 and expires_at > $3 returning true as taken`,
    values: [hash, boundTo, now],
  };
}
