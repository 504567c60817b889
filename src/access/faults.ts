import { Refusal } from "../base/errors.ts";
import { SignInStopped } from "../directory/signIn/signInStopped.ts";
import type { Messages } from "./messages.ts";
import { securityMessages } from "./securityMessages.ts";

/** What a person is told of a sign-in that was stopped. */
export function explained(messages: Messages, code: string): { status: number; fault: string } {
  const words = securityMessages(messages);
  if (code === "too_many_attempts") return { status: 429, fault: messages.tooMany };
  if (code === "sso_required") return { status: 403, fault: messages.ssoRequired };
  if (code === "suspended" || code === "invited") return { status: 403, fault: messages.inactive };
  if (code === "factor_wrong") return { status: 401, fault: words.wrongFactor };
  if (code === "passkey_wrong") return { status: 401, fault: words.wrongPasskey };
  return { status: 401, fault: messages.wrong };
}

/** What somebody may know of a change of theirs that was refused; anything else is thrown on. */
export function faultOf(messages: Messages, error: unknown): string {
  if (error instanceof SignInStopped) return explained(messages, error.code).fault;
  if (!(error instanceof Refusal) || !["invalid_request", "conflict", "not_found"].includes(error.code)) throw error;
  const words = securityMessages(messages);
  const { minLength, maxLength, same } = error.extra as { minLength?: number; maxLength?: number; same?: boolean };
  if (minLength !== undefined && maxLength !== undefined) return words.passwordUnfit(minLength, maxLength);
  return same ? words.passwordSame : error.message;
}
