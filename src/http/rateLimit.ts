/**
 * Request rates, counted in this process: with N processes a key has up to N times its rate. Limits that must hold over
 * all processes (sign-in, reset, invitations) are rows in the database.
 */
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { Refusal } from "../base/errors.ts";

export interface Rate {
  /** How many requests a key has in each window; all of them may come at once. */
  readonly requests: number;
  /** Length of the window, which begins with a key's first request. */
  readonly seconds: number;
}

/**
 * A counter of requests by key (a token's id, an address; never a secret). One request may count as several, but never
 * as more than a whole window: it could not be answered at all.
 *
 * @throws Refusal `rate_limited` with `retryAfterSeconds` (RFC 6585 §4) when the key's window is used up
 */
export function rateLimit(rate: Rate): (key: string, requests?: number) => Promise<void> {
  const limiter = new RateLimiterMemory({ points: rate.requests, duration: rate.seconds });
  return async (key, requests = 1) => {
    try {
      await limiter.consume(key, Math.min(requests, rate.requests));
    } catch (used) {
      throw used instanceof RateLimiterRes ? rateLimited(rate, used.msBeforeNext) : used;
    }
  };
}

function rateLimited(rate: Rate, msBeforeNext: number): Refusal {
  const retryAfterSeconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
  const detail = `More than ${rate.requests} requests in ${rate.seconds} s. Wait ${retryAfterSeconds} s, then go on.`;
  return new Refusal("rate_limited", detail, { extra: { retryAfterSeconds } });
}
