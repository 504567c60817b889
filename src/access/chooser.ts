import type { Request, Response } from "express";
import {
  accountTenants,
  enterTenant,
  openTicket,
  proveAccount,
  TICKET_SECONDS,
  ticketHolder,
} from "../directory/accounts/accountSignIn.ts";
import { isUuid } from "../base/ids.ts";
import { joinableBy, joinByAccount, workspaceUrl } from "../directory/domains/autoJoin.ts";
import { SignInStopped } from "../directory/signIn/signInStopped.ts";
import { clearCookie, readCookie, setCookie } from "../http/cookies.ts";
import { browserOf } from "./browser.ts";
import { chooserMessages } from "./chooserMessages.ts";
import { tenantsPage } from "./chooserPages.ts";
import { proceed } from "./enter.ts";
import { readForm } from "./form.ts";
import { messagesFor } from "./messages.ts";
import type { Access } from "./options.ts";
import { checkOrigin, MAX_FORM } from "./ownForm.ts";
import { failurePage } from "./pages.ts";
import { explained } from "./faults.ts";
import { returnTarget } from "./returnTo.ts";
import { sendPage } from "./sendPage.ts";
import { outcomesPage } from "./signUpPages.ts";
import { one } from "./start.ts";

/**
 * Signs in by an account where no tenant was named: straight into the one that it opens, else by a choice.
 *
 * @returns whether address and password are an account's, and the answer is given
 * @throws SignInStopped
 */
export async function signInByAccount(
  access: Access,
  req: Request,
  res: Response,
  credentials: { readonly email: string; readonly password: string },
  returnTo: string,
): Promise<boolean> {
  const system = systemOf(access);
  const account = await proveAccount(access.db, system, credentials, req.ip ?? null);
  if (!account) return false;
  const ticket = await openTicket(access.db, system, account);
  const tenants = await accountTenants(access.db, system, account.id);
  const [only] = tenants;
  const joinable = await joinableBy(access.db, system, account);
  // What somebody can only join by signing in elsewhere is shown to who has no other place to go.
  const isOffered = joinable !== undefined && joinable.by !== "connection";
  if (only && tenants.length === 1 && !isOffered) {
    await go(access, req, res, { ticket, tenantId: only.id, returnTo });
    return true;
  }
  setCookie(res, access.cookies, access.cookies.account, ticket, TICKET_SECONDS);
  res.redirect(303, `/sign-in/tenant?${new URLSearchParams({ return_to: returnTo })}`);
  return true;
}

/** `GET /sign-in/tenant`: which of the account's tenants? */
export async function showTenants(access: Access, req: Request, res: Response): Promise<void> {
  const returnTo = await returnTarget(access, one(req.query, "return_to"));
  const system = systemOf(access);
  const account = await ticketHolder(access.db, system, ticketOf(access, req));
  if (!account) return res.redirect(303, `/sso/start?${new URLSearchParams({ return_to: returnTo })}`);
  const tenants = await accountTenants(access.db, system, account.id);
  const joinable = await joinableBy(access.db, system, account);
  sendPage(res, 200, tenantsPage(messagesOf(req), { tenants, joinable, returnTo }));
}

/** `POST /sign-in/join`: into the tenant that the account's holder has chosen to join, or a word of what waits for whom. */
export async function takeJoin(access: Access, req: Request, res: Response): Promise<void> {
  checkOrigin(access, req);
  const form = await readForm(req, MAX_FORM);
  const tenantId = form.once("tenant");
  const returnTo = await returnTarget(access, form.get("return_to"));
  const [ticket, system, messages] = [ticketOf(access, req), systemOf(access), messagesOf(req)];
  const account = await ticketHolder(access.db, system, ticket);
  const offered = account && (await joinableBy(access.db, system, account));
  if (!account || offered?.tenant.id !== tenantId) return refuseChoice(res, messages, "ticket_spent");
  const workspaces = await joinByAccount(access.db, system, account);
  if (workspaces.some(({ outcome }) => outcome === "joined")) {
    return enterChosen(access, req, res, { ticket, tenantId, returnTo });
  }
  const shown = workspaces.map((each) => ({ ...each, url: workspaceUrl(access.publicUrl, each, account) }));
  sendPage(res, 200, outcomesPage(messages, chooserMessages(messages).joinable, shown));
}

/** `POST /sign-in/tenant`. */
export async function takeTenant(access: Access, req: Request, res: Response): Promise<void> {
  checkOrigin(access, req);
  const form = await readForm(req, MAX_FORM);
  const chosen = {
    ticket: ticketOf(access, req),
    tenantId: form.once("tenant"),
    returnTo: await returnTarget(access, form.get("return_to")),
  };
  await enterChosen(access, req, res, chosen);
}

async function enterChosen(access: Access, req: Request, res: Response, chosen: Chosen): Promise<void> {
  try {
    await go(access, req, res, chosen);
  } catch (error) {
    if (!(error instanceof SignInStopped)) throw error;
    refuseChoice(res, messagesOf(req), error.code);
  }
}

function refuseChoice(res: Response, messages: ReturnType<typeof messagesFor>, code: string): void {
  const isSpent = code === "ticket_spent";
  const { status, fault } = isSpent
    ? { status: 403, fault: chooserMessages(messages).spent }
    : explained(messages, code);
  sendPage(res, status, failurePage(messages, { reference: null, retryUrl: "/sso/start", text: fault }));
}

interface Chosen {
  readonly ticket: string;
  readonly tenantId: string;
  readonly returnTo: string;
}

/** Into a tenant, by its rules: the session, its second factor, or its own sign-in. @throws SignInStopped */
async function go(access: Access, req: Request, res: Response, chosen: Chosen): Promise<void> {
  const { db, cookies } = access;
  const { ticket, tenantId, returnTo } = chosen;
  if (!isUuid(tenantId)) throw new SignInStopped("ticket_spent", "no such tenant");
  const entered = await enterTenant(db, systemOf(access), ticket, tenantId, browserOf(req));
  if (entered.elsewhere) {
    const { slug, hasOwn } = entered.elsewhere;
    const search = new URLSearchParams({ tenant: slug, return_to: returnTo });
    return res.redirect(303, `${hasOwn ? "/sign-in" : "/sso/start"}?${search}`);
  }
  clearCookie(res, cookies, cookies.account);
  await proceed(access, res, entered, returnTo);
}

function ticketOf({ cookies }: Access, req: Request): string {
  return readCookie(req, cookies.account) ?? "";
}

function systemOf({ now }: Access): { readonly actor: { readonly type: "system" }; readonly now: Date } {
  return { actor: { type: "system" }, now: now() };
}

function messagesOf(req: Request): ReturnType<typeof messagesFor> {
  return messagesFor(req.headers["accept-language"]);
}
