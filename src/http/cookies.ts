import { parseCookie, stringifySetCookie } from "cookie";
import type { IncomingMessage, ServerResponse } from "node:http";

/** The cookies of this server: `Secure` and prefixed where it is reached by https (contract, "Cookies"). */
export interface Cookies {
  readonly session: string;
  readonly browser: string;
  /** The connection at which a sign-in was begun anew for a response that nobody had asked for. */
  readonly restarted: string;
  /** Of whoever redeemed a setup link. */
  readonly setup: string;
  /** Of a sign-in whose password was right and whose second factor is asked for. */
  readonly step: string;
  /** Of whoever proved an account's password and chooses among its tenants. */
  readonly account: string;
  /** Where a browser goes on once a password or second factor is set: an application waits there. */
  readonly pending: string;
  /** Of a browser in which somebody has signed in before. */
  readonly known: string;
  readonly secure: boolean;
}

/** Names and flags by the address under which browsers reach us. */
export function cookiesFor(publicUrl: string): Cookies {
  const secure = publicUrl.startsWith("https:");
  // RFC 6265bis §4.1.3.2: `__Host-` is Secure, without Domain, and for the whole host.
  const prefix = secure ? "__Host-" : "";
  return {
    session: `${prefix}usher`,
    browser: `${prefix}usher-browser`,
    restarted: `${prefix}usher-restarted`,
    setup: `${prefix}usher-setup`,
    step: `${prefix}usher-step`,
    account: `${prefix}usher-account`,
    pending: `${prefix}usher-pending`,
    known: `${prefix}usher-known`,
    secure,
  };
}

/** The value of a cookie; undefined where it is missing or given twice, which no browser of ours does. */
export function readCookie(req: IncomingMessage, name: string): string | undefined {
  const header = req.headers.cookie ?? "";
  const given = header.split(";").filter((pair) => pair.trim().startsWith(`${name}=`));
  return given.length === 1 ? parseCookie(header)[name] : undefined;
}

/** A Set-Cookie value: never readable by scripts, never sent with what another site posts; 0 seconds takes it back. */
export function cookieText({ secure }: Cookies, name: string, value: string, seconds: number): string {
  const flags = { httpOnly: true, sameSite: "lax", path: "/", secure, maxAge: seconds } as const;
  return stringifySetCookie(name, value, flags);
}

/** Sets a cookie. */
export function setCookie(res: ServerResponse, cookies: Cookies, name: string, value: string, seconds: number): void {
  res.appendHeader("Set-Cookie", cookieText(cookies, name, value, seconds));
}

/** Takes a cookie back. */
export function clearCookie(res: ServerResponse, cookies: Cookies, name: string): void {
  setCookie(res, cookies, name, "", 0);
}
