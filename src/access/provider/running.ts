/** The library as our OpenID Provider. It is loaded when it is first needed, and says then that Node 20 is old. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { errors, type KoaContextWithOIDC, Provider } from "oidc-provider";
import type { SigningKey } from "../../directory/applications/signingKeys.ts";
import { endSignOn } from "../../directory/applications/signOn.store.ts";
import { memberSessionOf } from "../../directory/signIn/memberSession.ts";
import { event } from "../../events/event.ts";
import { record } from "../../events/journal.store.ts";
import { cookieText, readCookie } from "../../http/cookies.ts";
import { inTenant } from "../../storage/scope.ts";
import { signOnOf } from "./account.ts";
import { clientSources, isSecretOf } from "./clients.ts";
import { configurationFor } from "./configuration.ts";
import { machineClient } from "./machineClients.ts";
import type { Interaction, ProviderFor, RunningProvider } from "./provider.ts";

/** Makes the provider under its address, with these keys. */
export function running(parts: ProviderFor, issuer: string, keys: readonly SigningKey[]): RunningProvider {
  const { db, cookies, now, log } = parts;
  const ownSession = async (ctx: KoaContextWithOIDC): ReturnType<typeof memberSessionOf> => {
    const cookie = readCookie(ctx.req, cookies.session);
    return cookie === undefined ? undefined : memberSessionOf(db, cookie, now());
  };
  const sources = [...clientSources, machineClient];
  const provider = new Provider(issuer, configurationFor({ ...parts, keys, clientSources: sources, ownSession }));
  // Whether a browser came by https is what PUBLIC_URL says, which `mountProvider` puts in the place of a header.
  provider.proxy = true;
  keepSecretsHashed(provider);
  provider.on("server_error", (_ctx, err) => log.error({ err }, "the OpenID Provider failed"));
  (provider as NodeJS.EventEmitter).on("error", (err: unknown) => log.error({ err }, "the OpenID Provider failed"));
  provider.use(saysPublicSubjects);
  provider.use(endsOwnSession(parts));
  return { handle: provider.callback(), interactionOf: (req, res) => interactionOf(provider, req, res) };
}

async function interactionOf(
  provider: Provider,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<Interaction | undefined> {
  try {
    return await provider.interactionDetails(req, res);
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined;
    throw error;
  }
}

/** Of secrets we have hashes, and applications are told of a sign-out by a job, which does not fail with a browser. */
function keepSecretsHashed({ Client }: Provider): void {
  Object.assign(Client.prototype, {
    compareClientSecret(this: InstanceType<typeof Client>, given: string): boolean {
      return isSecretOf(this, given);
    },
    backchannelLogout: async (): Promise<void> => undefined,
  });
}

/** OIDC Core §8: `public` "provides the same sub value to all Clients", as ours is. */
async function saysPublicSubjects(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  await next();
  if (ctx.oidc?.route !== "discovery") return;
  ctx.body = { ...(ctx.body as object), subject_types_supported: ["public"] };
}

/** RP-Initiated Logout §2: who signs out at an application and says yes is signed out here, and so everywhere. */
function endsOwnSession({
  db,
  cookies,
  now,
}: ProviderFor): (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void> {
  return async (ctx, next) => {
    await next();
    if (ctx.oidc?.route !== "end_session_confirm" || !ctx.oidc.params?.["logout"] || ctx.status !== 303) return;
    const signOn = signOnOf(ctx.oidc.session?.accountId);
    if (!signOn) return;
    const { tenantId, memberId } = signOn;
    await inTenant(db, { tenantId, actor: { type: "member", id: memberId }, now: now() }, async (scope) => {
      const ended = await scope.trx.run(endSignOn(signOn));
      if (ended.length > 0) await record(scope, event(scope, "member.signed_out", { type: "member", id: memberId }));
    });
    // Should the browser have another one's session by now, its cookie opens that: it is left alone.
    const cookie = readCookie(ctx.req, cookies.session);
    const other = cookie === undefined ? undefined : await memberSessionOf(db, cookie, now());
    if (!other) ctx.append("Set-Cookie", cookieText(cookies, cookies.session, "", 0));
  };
}
