import type { Request, Response } from "express";
import { isRefusal, Refusal } from "../base/errors.ts";
import { sameSecret } from "../base/secrets.ts";
import {
  endSetupSession,
  redeemSetupLink,
  setupLinkOf,
  type SetupSession,
  setupSessionOf,
} from "../directory/connections/setupLinks.ts";
import type { SetupIntent } from "../directory/connections/setupLinks.store.ts";
import { noSetup } from "../directory/connections/setupReach.ts";
import { clearCookie, readCookie, setCookie } from "../http/cookies.ts";
import type { Who } from "../storage/types.ts";
import { browserOf } from "./browser.ts";
import { type Form, readForm } from "./form.ts";
import { messagesFor } from "./messages.ts";
import type { Access } from "./options.ts";
import { checkOrigin, MAX_FORM } from "./ownForm.ts";
import { sendPage } from "./sendPage.ts";
import { endedPage, offerPage, type SetupView, spentPage } from "./setupLinkPages.ts";
import { one } from "./start.ts";

/** `GET /setup?t=…`: what the link offers. Nothing comes of looking, for programs open the links of mails. */
export async function showSetupLink(access: Access, req: Request, res: Response): Promise<void> {
  const token = one(req.query, "t") ?? "";
  const found = await setupLinkOf(access.db, token, access.now());
  if (!found || found.link.redeemedAt !== null) return spent(access, req, res);
  sendPage(res, 200, offerPage(messagesOf(req), found, token));
}

/** `POST /setup`: redeems the link, once, for this browser. */
export async function redeem(access: Access, req: Request, res: Response): Promise<void> {
  checkOrigin(access, req);
  const { db, cookies } = access;
  const now = access.now();
  const token = (await readForm(req, MAX_FORM)).optional("t");
  try {
    const { cookie, expiresAt } = await redeemSetupLink(db, token, browserOf(req), now);
    setCookie(res, cookies, cookies.setup, cookie, Math.floor((expiresAt.getTime() - now.getTime()) / 1000));
    res.redirect(303, "/setup/steps");
  } catch (error) {
    if (!isRefusal(error, "unauthenticated")) throw error;
    await spent(access, req, res);
  }
}

/** Whoever has redeemed it here may go on, also by the link. */
async function spent(access: Access, req: Request, res: Response): Promise<void> {
  sendPage(res, 404, spentPage(messagesOf(req), (await sessionIn(access, req)) !== undefined));
}

/** `POST /setup/end`. */
export async function endSetup(access: Access, req: Request, res: Response): Promise<void> {
  const { setup } = await setupForm(access, req, null);
  await endSetupSession(access.db, whoOf(setup, access.now()), setup.link.id);
  clearCookie(res, access.cookies, access.cookies.setup);
  sendPage(res, 200, endedPage(messagesOf(req)));
}

async function sessionIn({ db, cookies, now }: Access, req: Request): Promise<SetupSession | undefined> {
  const cookie = readCookie(req, cookies.setup);
  return cookie === undefined ? undefined : setupSessionOf(db, cookie, now());
}

/**
 * The session of whoever asks for a page of an intent; of any where it is null.
 *
 * @throws Refusal `unauthenticated`, `forbidden`
 */
export async function setupOf(access: Access, req: Request, intent: SetupIntent | null): Promise<SetupSession> {
  const setup = await sessionIn(access, req);
  if (!setup) throw noSetup();
  if (intent === null || setup.link.intents.includes(intent)) return setup;
  throw new Refusal("forbidden", "This setup link is for something else. Ask whoever sent it for another one.");
}

/** The same of a form, which one of our own pages made. @throws Refusal `unauthenticated`, `forbidden` */
export async function setupForm(
  access: Access,
  req: Request,
  intent: SetupIntent | null,
  limit = MAX_FORM,
): Promise<{ setup: SetupSession; form: Form }> {
  checkOrigin(access, req);
  const setup = await setupOf(access, req, intent);
  const form = await readForm(req, limit);
  if (sameSecret(form.optional("csrf"), setup.csrfToken)) return { setup, form };
  throw new Refusal("forbidden", "Send the form from our own page.");
}

/** Who acts: the link itself. */
export function whoOf({ link, tenant }: SetupSession, now: Date): Who {
  return { tenantId: tenant.id, actor: { type: "setup_link", id: link.id }, now };
}

/** What the pages show of a session. */
export function viewOf(req: Request, setup: SetupSession, fault: string | null = null): SetupView {
  const { link, tenant, csrfToken: csrf } = setup;
  const { intents, expiresAt: until } = link;
  return { messages: messagesOf(req), tenant: tenant.name, intents, until, csrf, fault };
}

function messagesOf(req: Request): ReturnType<typeof messagesFor> {
  return messagesFor(req.headers["accept-language"]);
}
