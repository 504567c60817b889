/** Between an application's request and its answer: somebody signs in by our pages, and comes back here. */
import type { Request, Response } from "express";
import { decodeJwt } from "jose";
import type { InteractionResults } from "oidc-provider";
import { deleteByUid, payloadById } from "../../directory/applications/oidcPayloads.store.ts";
import { isFree, type MemberSession } from "../../directory/signIn/memberSession.ts";
import { signInTenant } from "../../directory/signIn/signInTenant.ts";
import { hashToken } from "../../base/secrets.ts";
import { setCookie } from "../../http/cookies.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import type { Requirements } from "../../sso/types.ts";
import { messagesFor } from "../messages.ts";
import type { Access } from "../options.ts";
import { signedIn } from "../ownForm.ts";
import { sendPage } from "../sendPage.ts";
import { accountOf, isOf } from "./account.ts";
import { authenticatedAt, isRecent, requirementsIn, textOf, wasAsked } from "./demands.ts";
import { expiredPage } from "./pages.ts";
import type { Interaction } from "./provider.ts";

/** How long a first password or second factor may take before the application is forgotten. */
const PENDING_SECONDS = 900;

/**
 * `GET /oidc/interaction/{uid}`: who is signed in as the application wishes goes back to it; anybody else goes to the
 * sign-in, and comes here again. The browser is known by the library's own cookie for this one path (O18).
 */
export async function interaction(access: Access, req: Request, res: Response): Promise<void> {
  const { interactionOf } = await access.provider();
  const asked = await interactionOf(req, res);
  if (asked?.uid !== req.params["uid"] || !asked)
    return sendPage(res, 400, expiredPage(messagesFor(req.headers["accept-language"])));
  const own = await signedIn(access, req);
  const refusal = await refusalOf(access, asked, own);
  if (refusal) return finish(access.db, asked, refusal, res);
  if (!own || !isOf(own.tenant, asked.params["tenant"]) || !isEnough(asked, own, access.now())) {
    return res.redirect(303, startUrl(asked));
  }
  if (isFree(own)) return finish(access.db, asked, resultOf(own), res);
  // A password of one's own or a second factor first: the page for it leads back.
  setCookie(res, access.cookies, access.cookies.pending, pathOf(asked.uid), PENDING_SECONDS);
  res.redirect(303, "/");
}

function pathOf(uid: string): string {
  return `/oidc/interaction/${uid}`;
}

/** What no sign-in can mend, told to the application. */
async function refusalOf(
  { db, now }: Access,
  asked: Interaction,
  own: MemberSession | undefined,
): Promise<InteractionResults | undefined> {
  const reference = asked.params["tenant"];
  if (typeof reference === "string" && reference !== "" && !(own && isOf(own.tenant, reference))) {
    const tenant = await signInTenant(db, now(), { reference, email: undefined });
    if (!tenant) return { error: "access_denied", error_description: "there is no such tenant" };
  }
  // They have signed in for this, and once more would be no better: it would go round for ever.
  if (!own || !isAfter(asked, own)) return undefined;
  if (isOther(asked, own)) return { error: "login_required", error_description: "somebody else signed in" };
  const required = requirementsIn(asked.params);
  if (!wasAsked(own.session, required) || isRecent(own.session, required, asked.iat, now())) return undefined;
  return { error: "login_required", error_description: "the identity provider did not ask again who it is" };
}

/** Whether an application shows by an ID token that it awaits another; the library has verified the token. */
function isOther({ params }: Interaction, { member }: MemberSession): boolean {
  const hint = textOf(params["id_token_hint"]);
  return hint !== "" && decodeJwt(hint).sub !== member.id;
}

/** Whether somebody has signed in since the application asked. */
function isAfter({ iat }: Interaction, { session }: MemberSession): boolean {
  return session.createdAt.getTime() >= iat * 1000;
}

/** Whether it is the sign-in that the application asks for, or was: a plain one from another tab is not `prompt=login`. */
function isEnough(asked: Interaction, own: MemberSession, now: Date): boolean {
  const required = requirementsIn(asked.params);
  if (isOther(asked, own) || !wasAsked(own.session, required)) return false;
  return isRecent(own.session, required, asked.iat, now);
}

/** What the application that waits behind a sign-in asks of it, to be passed on; undefined where none waits. */
export async function requirementsOf(db: Database, returnTo: string, now: Date): Promise<Requirements | undefined> {
  const [, uid] = /^\/oidc\/interaction\/([\w-]{1,100})$/.exec(returnTo) ?? [];
  if (uid === undefined) return undefined;
  const reader = { actor: { type: "system" }, now } as const;
  const [found] = await acrossTenants(db, reader, ({ trx }) => trx.run(payloadById("Interaction", hashToken(uid))));
  const params = found?.payload["params"];
  return typeof params === "object" && params !== null ? requirementsIn({ ...params }) : undefined;
}

function startUrl({ uid, params }: Interaction): string {
  const kept = ["tenant", "login_hint"].flatMap((name) => {
    const value = params[name];
    return typeof value === "string" && value !== "" ? [[name, value]] : [];
  });
  return `/sso/start?${new URLSearchParams([...kept, ["return_to", pathOf(uid)]])}`;
}

/** Nobody is asked for consent: the applications are the vendor's own. */
function resultOf(own: MemberSession): InteractionResults {
  const ts = Math.floor(authenticatedAt(own.session).getTime() / 1000);
  // RFC 8176 §2; how an identity provider saw to it is not known.
  const amr = own.session.authMethod === "password" ? { amr: ["pwd"] } : {};
  return { login: { accountId: accountOf(own), ts, ...amr }, select_account: {}, consent: {} };
}

async function finish(db: Database, asked: Interaction, result: InteractionResults, res: Response): Promise<void> {
  const { session } = asked;
  if (session?.uid !== undefined && result.login && session.accountId !== result.login.accountId) {
    // The library's session was somebody else's, or an ended one's: it begins anew.
    const uid = session.uid;
    const who = { actor: { type: "system" }, now: new Date() } as const;
    await acrossTenants(db, who, ({ trx }) => trx.run(deleteByUid("Session", uid)));
    delete asked.session;
  }
  asked.result = result;
  await asked.save(Math.max(1, asked.exp - Math.floor(Date.now() / 1000)));
  res.redirect(303, asked.returnTo);
}
