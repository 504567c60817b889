import { Router, type ErrorRequestHandler, type Request, type RequestHandler, type Response } from "express";
import { Refusal } from "../base/errors.ts";
import { connectionById, connectionUrls } from "../directory/connections/connectionsForSignIn.ts";
import { cookiesFor } from "../http/cookies.ts";
import { failureOf } from "../http/failure.ts";
import { methodNotAllowed } from "../http/fallback.ts";
import { pageHeaders } from "../http/headers.ts";
import { rateLimit } from "../http/rateLimit.ts";
import { requestId } from "../http/requestLog.ts";
import { signsRequests } from "../sso/saml/beginSaml.ts";
import { spMetadata } from "../sso/saml/spMetadata.ts";
import { detachAccount, showAccount, takeAccount } from "./account.ts";
import { finish, finishTest, oidcAnswer, samlAnswer } from "./answer.ts";
import { backchannelLogout } from "./backchannelLogout.ts";
import { showTenants, takeJoin, takeTenant } from "./chooser.ts";
import { clientKeys } from "./clientKeys.ts";
import { showDevices, takeDevices } from "./devices.ts";
import { showEmailChange, takeEmailChange } from "./emailChange.ts";
import { openToken, showInvitation, takeConnection, takeInvitation } from "./invitation.ts";
import { INVITATION_SCRIPT } from "./invitationScript.ts";
import { messagesFor } from "./messages.ts";
import type { Access, AccessOptions } from "./options.ts";
import { failurePage } from "./pages.ts";
import { showPasskey, takePasskey } from "./passkey.ts";
import { PASSKEY_SCRIPT } from "./passkeyScript.ts";
import { changePassword, home, showSignIn, signIn, signOut } from "./password.ts";
import { interaction } from "./provider/interaction.ts";
import { mountProvider } from "./provider/mount.ts";
import { PROVIDER_BASE, providerFor } from "./provider/provider.ts";
import { showForgot, showReset, takeForgot, takeReset } from "./reset.ts";
import { showFactor, takeFactor } from "./secondFactor.ts";
import {
  beginApp,
  confirmApp,
  dropPasskey,
  removeApp,
  renamePasskey,
  renewCodes,
  showNewPasskey,
  showProof,
  showSecurity,
  takeNewPasskey,
  takePassword,
  takeProof,
} from "./security.ts";
import { sendPage } from "./sendPage.ts";
import { showConfirm, showSignUp, takeConfirm, takeSignUp } from "./signUp.ts";
import { signedOut, singleLogout } from "./singleLogout.ts";
import { endSetup, redeem, showSetupLink } from "./setupLink.ts";
import {
  addConnection,
  beginTest,
  goLive,
  saveConnection,
  showConnection,
  showSetupTest,
} from "./setupLinkConnections.ts";
import { addDomain, checkDomain, makeToken, showSteps } from "./setupLinkSteps.ts";
import { start } from "./start.ts";
import { STYLE } from "./style.ts";
import { globalTokenRevocation } from "./tokenRevocation.ts";
import { startTest } from "./test.ts";

/** Of one address: an office behind one address signs in within minutes, not seconds. */
const ANSWERS = { requests: 120, seconds: 60 } as const;
/** Of one address, each a line in the log of a tenant: more than an office has in its worst minute. */
const REFUSALS = { requests: 300, seconds: 60 } as const;
/** Likewise, each a row until the day after. */
const BEGINS = { requests: 300, seconds: 60 } as const;
/** Of one address, each a row for an hour: an office in the minute in which everybody opens the applications. */
const REQUESTS = { requests: 1200, seconds: 60 } as const;
/** Of one provider: whoever is logged out of it in one go is to be logged out here. */
const LOGOUTS = { requests: 6000, seconds: 60 } as const;

type Handle = (access: Access, req: Request, res: Response) => Promise<void> | void;

/** What answers where; each page works without a script. */
export const accessRoutes: readonly (readonly [method: "get" | "post", path: string, handle: Handle])[] = [
  ["get", "/", home],
  ["get", "/sign-in", showSignIn],
  ["post", "/sign-in", signIn],
  ["post", "/sign-in/password", changePassword],
  ["get", "/sign-in/factor", showFactor],
  ["post", "/sign-in/factor", takeFactor],
  ["get", "/sign-in/passkey", showPasskey],
  ["post", "/sign-in/passkey", takePasskey],
  ["get", "/sign-in/passkey.js", (_access, _req, res) => void res.type("text/javascript").send(PASSKEY_SCRIPT)],
  ["get", "/sign-in/forgot", showForgot],
  ["post", "/sign-in/forgot", takeForgot],
  ["get", "/sign-in/reset", showReset],
  ["post", "/sign-in/reset", takeReset],
  ["get", "/profile/email", showEmailChange],
  ["post", "/profile/email", takeEmailChange],
  ["get", "/security", showSecurity],
  ["post", "/security/password", takePassword],
  ["get", "/security/proof", showProof],
  ["post", "/security/proof", takeProof],
  ["post", "/security/totp", beginApp],
  ["post", "/security/totp/confirm", confirmApp],
  ["post", "/security/totp/remove", removeApp],
  ["post", "/security/recovery-codes", renewCodes],
  ["get", "/security/passkeys/new", showNewPasskey],
  ["post", "/security/passkeys", takeNewPasskey],
  ["post", "/security/passkeys/rename", renamePasskey],
  ["post", "/security/passkeys/remove", dropPasskey],
  ["post", "/sign-out", signOut],
  ["get", "/sign-in/tenant", showTenants],
  ["post", "/sign-in/tenant", takeTenant],
  ["post", "/sign-in/join", takeJoin],
  ["get", "/account", showAccount],
  ["post", "/account", takeAccount],
  ["post", "/account/detach", detachAccount],
  ["get", "/devices", showDevices],
  ["post", "/devices", takeDevices],
  ["get", "/sign-in/style.css", (_access, _req, res) => void res.type("text/css").send(STYLE)],
  ["get", "/invitation", showInvitation],
  ["post", "/invitation", openToken],
  ["post", "/invitation/accept", takeInvitation],
  ["post", "/invitation/connection", takeConnection],
  ["get", "/invitation.js", (_access, _req, res) => void res.type("text/javascript").send(INVITATION_SCRIPT)],
  ["get", "/sign-up", showSignUp],
  ["post", "/sign-up", takeSignUp],
  ["get", "/sign-up/confirm", showConfirm],
  ["post", "/sign-up/confirm", takeConfirm],
  ["get", "/sso/start", start],
  ["get", "/sso/finish", finish],
  ["get", "/sso/test", startTest],
  ["get", "/sso/test/finish", finishTest],
  ["get", "/sso/saml/:connection/metadata", metadata],
  ["post", "/sso/saml/:connection/acs", samlAnswer],
  ["get", "/sso/saml/:connection/slo", singleLogout],
  ["post", "/sso/saml/:connection/slo", singleLogout],
  ["get", "/sso/signed-out", signedOut],
  ["get", "/sso/oidc/:connection/callback", oidcAnswer],
  ["post", "/sso/oidc/:connection/backchannel-logout", backchannelLogout],
  ["get", "/sso/oidc/:connection/jwks", clientKeys],
  ["post", "/sso/connections/:connection/global-token-revocation", globalTokenRevocation],
  ["get", "/oidc/interaction/:uid", interaction],
  ["get", "/setup", showSetupLink],
  ["post", "/setup", redeem],
  ["get", "/setup/steps", showSteps],
  ["post", "/setup/end", endSetup],
  ["post", "/setup/tokens", makeToken],
  ["post", "/setup/domains", addDomain],
  ["post", "/setup/domains/check", checkDomain],
  ["post", "/setup/connections", addConnection],
  ["get", "/setup/connections/:connection", showConnection],
  ["post", "/setup/connections/:connection", saveConnection],
  ["post", "/setup/connections/:connection/tests", beginTest],
  ["get", "/setup/connections/:connection/tests/:test", showSetupTest],
  ["post", "/setup/connections/:connection/live", goLive],
];

/** Where a script may run: one speaks with the browser's passkeys, one reads the fragment of an invitation. */
const WITH_SCRIPT = ["/invitation", "/sign-in/factor", "/sign-in/passkey", "/security/proof", "/security/passkeys/new"];

/** RFC 8414 §3.1: before the path of the issuer, where OpenID Connect Discovery has its own behind. */
const OAUTH_METADATA = "/.well-known/oauth-authorization-server";
const oauthMetadata: RequestHandler = (req, _res, next) => {
  req.url = OAUTH_METADATA;
  next();
};

/** The sign-in surface, to be mounted at the root. */
export function accessSurface(options: AccessOptions): Router {
  const known = {
    ...options,
    cookies: cookiesFor(options.publicUrl),
    now: options.clock ?? (() => new Date()),
  };
  const access: Access = {
    ...known,
    provider: providerFor(known),
    countBegin: rateLimit(BEGINS),
    countAnswer: rateLimit(ANSWERS),
    countRefusal: rateLimit(REFUSALS),
    countLogout: rateLimit(LOGOUTS),
    countRequest: rateLimit(REQUESTS),
  };
  const router = Router();
  const headers = { plain: pageHeaders(), script: pageHeaders({ script: true }) };
  const failed = failedPage(access);
  for (const path of new Set(accessRoutes.map(([, each]) => each))) {
    const ofPath = accessRoutes.filter(([, each]) => each === path);
    const place = router.route(path).all(WITH_SCRIPT.includes(path) ? headers.script : headers.plain);
    for (const [method, , handle] of ofPath) place[method](handler(access, handle));
    place.all(methodNotAllowed(...ofPath.map(([method]) => method.toUpperCase())));
    place.all(failed);
  }
  const provider = mountProvider(access);
  router.use(PROVIDER_BASE, provider, failed);
  router.get(OAUTH_METADATA + PROVIDER_BASE, oauthMetadata, provider, failed);
  return router;
}

function handler(access: Access, handle: Handle): RequestHandler {
  return async (req, res) => handle(access, req, res);
}

/** `GET /sso/saml/{connection}/metadata`: our side, for the identity provider's admin; known before theirs. */
async function metadata(access: Access, req: Request, res: Response): Promise<void> {
  const connection = await connectionById(access, String(req.params["connection"]));
  if (connection?.protocol !== "saml") throw new Refusal("not_found", "There is no such SAML connection.");
  const urls = connectionUrls(access.publicUrl, connection.id);
  const certificates = connection.keys.map(({ certificate }) => certificate);
  const text = spMetadata(urls, { certificates, requestsSigned: signsRequests(connection) });
  res.type("application/samlmetadata+xml").send(text);
}

/** A page for people, where an API would answer a problem document. */
function failedPage({ log }: Access): ErrorRequestHandler {
  return (error: unknown, req, res, _next) => {
    const failure = failureOf(error, req, log);
    if (res.headersSent) return void res.destroy();
    for (const [name, value] of Object.entries(failure.headers)) res.setHeader(name, value);
    res.setHeader("X-Request-Id", requestId(req));
    const messages = messagesFor(req.headers["accept-language"]);
    const reference = failure.status >= 500 ? requestId(req) : null;
    const isBusy = failure.code === "unavailable";
    // A step that was not taken can be taken again where it stands.
    const retryUrl = isBusy && req.method === "GET" ? req.originalUrl : "/sso/start";
    const shown = { reference, retryUrl, ...(isBusy && { text: messages.busyText }) };
    sendPage(res, failure.status, failurePage(messages, shown));
  };
}
