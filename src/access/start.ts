import type { Request, Response } from "express";
import { Refusal } from "../base/errors.ts";
import { connectionById, connectionsOf, type SignInConnection } from "../directory/connections/connectionsForSignIn.ts";
import type { SignInChoice } from "../directory/connections/connections.store.ts";
import { signInTenant } from "../directory/signIn/signInTenant.ts";
import type { Tenant } from "../directory/tenants/tenant.ts";
import { readCookie, setCookie } from "../http/cookies.ts";
import { SignInRefused } from "../sso/types.ts";
import { begin } from "./begin.ts";
import { messagesFor } from "./messages.ts";
import type { Access } from "./options.ts";
import { addressPage, chooserPage, passwordPage } from "./pages.ts";
import { refuse } from "./refused.ts";
import { returnTarget } from "./returnTo.ts";
import { sendPage } from "./sendPage.ts";

type Query = Readonly<Record<string, unknown>>;

/**
 * `GET /sso/start`: where this person signs in. By connection, tenant, or the domain of an address; one way is gone
 * straight away, several are shown, and none means a password. An address that nobody has goes the same way as one that
 * somebody has.
 */
export async function start(access: Access, req: Request, res: Response): Promise<void> {
  const query = req.query as Query;
  const returnTo = await returnTarget(
    access,
    one(query, "return_to") ?? targetPath(one(query, "target_link_uri"), access.publicUrl),
  );
  const id = one(query, "connection");
  const email = one(query, "email") ?? one(query, "login_hint");
  const wanted = { returnTo, loginHint: hint(email) };
  if (id !== undefined) {
    const connection = await enabled(access, id);
    const isAgain = one(query, "unasked") !== undefined && isUnaskedAgain(access, req, res, connection.id);
    return isAgain ? refuseUnasked(access, req, res, connection) : begin(access, req, res, connection, wanted);
  }
  const reference = one(query, "tenant");
  const tenant = await signInTenant(access.db, access.now(), { reference, email });
  const ways = tenant ? await connectionsOf(access.db, tenant.id) : [];
  const only = issuedBy(ways, one(query, "iss"));
  if (only) return begin(access, req, res, await enabled(access, only.id), wanted);
  showWays(req, res, {
    tenant,
    ways,
    email: email ?? "",
    returnTo,
    asked: email !== undefined,
    named: reference !== undefined,
  });
}

/** How long a provider that never answers what it is asked is sent back to once only. */
const RESTARTED_SECONDS = 60;

/** Whether this browser was sent to the provider for that reason just now: it would go round for ever. */
function isUnaskedAgain({ cookies }: Access, req: Request, res: Response, id: string): boolean {
  if (readCookie(req, cookies.restarted) === id) return true;
  setCookie(res, cookies, cookies.restarted, id, RESTARTED_SECONDS);
  return false;
}

async function refuseUnasked(access: Access, req: Request, res: Response, connection: SignInConnection): Promise<void> {
  const who = { tenantId: connection.tenantId, actor: { type: "system" }, now: access.now() } as const;
  const detail = "The identity provider was asked, and again sent a response that names no request.";
  await refuse(access, req, res, { connection, who, error: new SignInRefused("saml_unsolicited", detail) });
}

interface Shown {
  readonly tenant: Tenant | undefined;
  readonly ways: readonly SignInChoice[];
  readonly email: string;
  readonly returnTo: string;
  /** Whether the person has said who they are. */
  readonly asked: boolean;
  /** Whether the tenant was named: else a page that told its name would tell whose domains we know. */
  readonly named: boolean;
}

function showWays(req: Request, res: Response, { tenant, ways, email, returnTo, asked, named }: Shown): void {
  const messages = messagesFor(req.headers["accept-language"]);
  const shown = named ? tenant : undefined;
  const form = { tenant: shown?.slug ?? null, tenantName: shown?.name ?? null, email, returnTo, fault: null };
  if (ways.length > 1) {
    const kept = new URLSearchParams({ return_to: returnTo, ...(email !== "" && { login_hint: email }) });
    const choices = ways.map(({ id, name }) => ({ name, url: `/sso/start?connection=${id}&${kept}` }));
    return sendPage(res, 200, chooserPage(messages, choices, passwordUrlOf(tenant, returnTo)));
  }
  sendPage(res, 200, asked || tenant ? passwordPage(messages, form) : addressPage(messages, form));
}

/** Rule 28: where everybody must come through a provider a password opens an emergency access, whose holder knows the way. */
function passwordUrlOf(tenant: Tenant | undefined, returnTo: string): string | null {
  if (tenant?.settings.signIn?.ssoRequired === "everyone") return null;
  return `/sign-in?${new URLSearchParams({ tenant: tenant?.slug ?? "", return_to: returnTo })}`;
}

/** The one way there is, or the one of the issuer that an identity provider's own start names (OIDC Core §4). */
function issuedBy(ways: readonly SignInChoice[], issuer: string | undefined): SignInChoice | undefined {
  const fitting = issuer === undefined ? ways : ways.filter((way) => way.issuer === issuer);
  return fitting.length === 1 ? fitting[0] : undefined;
}

async function enabled(access: Access, id: string): Promise<SignInConnection> {
  const connection = await connectionById(access, id);
  if (connection?.status === "enabled") return connection;
  throw new Refusal("not_found", "There is no such way to sign in. Ask your admin for the right address.");
}

/** A parameter that may be given once; twice it would mean one thing here and another elsewhere. */
export function one(query: Query, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value === "string") return value;
  throw new Refusal("invalid_request", `${name} is given more than once`);
}

/** What goes on to the identity provider: a text of one line, as long as an address can be (RFC 5321 §4.5.3.1). */
function hint(email: string | undefined): string | undefined {
  return email !== undefined && /^[^\p{C}]{1,320}$/u.test(email) ? email : undefined;
}

/** OIDC Core §4 gives a whole URL: of it the path counts, where it is one of ours; else it must be an application's. */
function targetPath(target: string | undefined, publicUrl: string): string | undefined {
  return target?.startsWith(`${publicUrl}/`) ? target.slice(publicUrl.length) : target;
}
