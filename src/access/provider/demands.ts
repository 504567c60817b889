/** What an application asks of a sign-in (OIDC Core §3.1.2.1), and whether a session came of one that was asked as much. */
import type { MemberSession } from "../../directory/signIn/memberSession.ts";
import type { Requirements } from "../../sso/types.ts";

/** How far an identity provider's clock may be off ours, either way. */
const CLOCK_SKEW_MS = 60_000;

type Session = Pick<MemberSession["session"], "connectionId" | "demands" | "authenticatedAt" | "createdAt">;

/** Reads them in the parameters of a request, which the library has checked. */
export function requirementsIn(params: Readonly<Record<string, unknown>>): Requirements {
  const prompts = textOf(params["prompt"]).split(" ");
  const maxAge = params["max_age"];
  return {
    login: prompts.includes("login") || prompts.includes("select_account"),
    maxAge: maxAge === undefined ? undefined : Number(maxAge),
    acrValues: textOf(params["acr_values"]).split(" ").filter(Boolean),
  };
}

/** A parameter that may be absent. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/**
 * Whether at least as much was asked of the identity provider: one that was not asked may have answered without anybody
 * at the keyboard. A password or a passkey is shown to us, each time anew.
 */
export function wasAsked({ connectionId, demands }: Session, { login, maxAge, acrValues }: Requirements): boolean {
  if (connectionId === null) return true;
  const asked = demands ?? { login: false, acrValues: [] };
  if (login && !asked.login) return false;
  if (maxAge !== undefined && !asked.login && !(asked.maxAge !== undefined && asked.maxAge <= maxAge)) return false;
  // Any of the values may have been met, and none is told: another list is another wish.
  return acrValues.length === 0 || acrValues.join(" ") === asked.acrValues.join(" ");
}

/** When somebody showed who they are: to their identity provider as it told, else to us. */
export function authenticatedAt({ authenticatedAt: told, createdAt }: Session): Date {
  return told ?? createdAt;
}

/** Whether they did so after the request (`iat`, in seconds), or, where that will do, within its `max_age`. */
export function isRecent(session: Session, { login, maxAge }: Requirements, iat: number, now: Date): boolean {
  const at = authenticatedAt(session).getTime();
  const skew = session.authenticatedAt === null ? 0 : CLOCK_SKEW_MS;
  if (session.createdAt.getTime() >= iat * 1000 && at + skew >= iat * 1000) return true;
  return !login && (maxAge === undefined || now.getTime() - at <= maxAge * 1000 + skew);
}
