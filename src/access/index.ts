import { Router, type ErrorRequestHandler, type Request, type RequestHandler, type Response } from "express";
import { Refusal } from "../base/errors.ts";
import { connectionById, connectionUrls } from "../directory/connectionsForSignIn.ts";
import { cookiesFor } from "../http/cookies.ts";
import { failureOf } from "../http/failure.ts";
import { methodNotAllowed } from "../http/fallback.ts";
import { pageHeaders } from "../http/headers.ts";
import { rateLimit } from "../http/rateLimit.ts";
import { requestId } from "../http/requestLog.ts";
import { signsRequests } from "../sso/saml/beginSaml.ts";
import { spMetadata } from "../sso/saml/spMetadata.ts";
import { finish, finishTest, oidcAnswer, samlAnswer } from "./answer.ts";
import { backchannelLogout } from "./backchannelLogout.ts";
import { clientKeys } from "./clientKeys.ts";
import { messagesFor } from "./messages.ts";
import type { Access, AccessOptions } from "./options.ts";
import { failurePage } from "./pages.ts";
import { changePassword, home, showSignIn, signIn, signOut } from "./password.ts";
import { sendPage } from "./sendPage.ts";
import { showConfirm, showSignUp, takeConfirm, takeSignUp } from "./signUp.ts";
import { start } from "./start.ts";
import { STYLE } from "./style.ts";
import { startTest } from "./test.ts";

/** Of one address: an office behind one address signs in within minutes, not seconds. */
const ANSWERS = { requests: 120, seconds: 60 } as const;
/** Of one provider: whoever is logged out of it in one go is to be logged out here. */
const LOGOUTS = { requests: 6000, seconds: 60 } as const;

type Handle = (access: Access, req: Request, res: Response) => Promise<void> | void;

/** What answers where; each page works without a script. */
const ROUTES: readonly (readonly [method: "get" | "post", path: string, handle: Handle])[] = [
  ["get", "/", home],
  ["get", "/sign-in", showSignIn],
  ["post", "/sign-in", signIn],
  ["post", "/sign-in/password", changePassword],
  ["post", "/sign-out", signOut],
  ["get", "/sign-in/style.css", (_access, _req, res) => void res.type("text/css").send(STYLE)],
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
  ["get", "/sso/oidc/:connection/callback", oidcAnswer],
  ["post", "/sso/oidc/:connection/backchannel-logout", backchannelLogout],
  ["get", "/sso/oidc/:connection/jwks", clientKeys],
];

/** The sign-in surface, to be mounted at the root. */
export function accessSurface(options: AccessOptions): Router {
  const access: Access = {
    ...options,
    cookies: cookiesFor(options.publicUrl),
    now: options.clock ?? (() => new Date()),
    countAnswer: rateLimit(ANSWERS),
    countLogout: rateLimit(LOGOUTS),
  };
  const router = Router();
  const headers = pageHeaders();
  const failed = failedPage(access);
  for (const path of new Set(ROUTES.map(([, each]) => each))) {
    const ofPath = ROUTES.filter(([, each]) => each === path);
    const place = router.route(path).all(headers);
    for (const [method, , handle] of ofPath) place[method](handler(access, handle));
    place.all(methodNotAllowed(...ofPath.map(([method]) => method.toUpperCase())));
    place.all(failed);
  }
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
