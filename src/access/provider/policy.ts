/** When somebody must come by our sign-in pages before an application gets its answer. */
import { interactionPolicy, type KoaContextWithOIDC } from "oidc-provider";
import { isFree, type MemberSession } from "../../directory/signIn/memberSession.ts";
import { accountOf, isOf } from "./account.ts";
import { requirementsIn, wasAsked } from "./demands.ts";

/** Reads whose browser it is, by the cookie of our own session. */
export type OwnSession = (ctx: KoaContextWithOIDC) => Promise<MemberSession | undefined>;

const { base, Check, Prompt } = interactionPolicy;

/** The library's checks, and our own: its session answers for nobody but whom our session is of. */
export function policyFor(ownSession: OwnSession): ReturnType<typeof base> {
  const policy = base();
  policy.get("login")?.checks.add(
    new Check("usher_session", "sign-in is required", "login_required", async (ctx) => {
      const own = await ownSession(ctx);
      const answers = own !== undefined && isFree(own) && accountOf(own) === ctx.oidc.session?.accountId;
      if (!answers) forget(ctx);
      // A session of one tenant never answers for another (O17).
      const params = ctx.oidc.params ?? {};
      const isEnough = answers && isOf(own.tenant, params["tenant"]) && wasAsked(own.session, requirementsIn(params));
      return isEnough ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
    }),
  );
  policy.add(new Prompt({ name: "select_account", requestable: true }), 0);
  return policy;
}

/**
 * The library's session is of one that has ended, or is another's: it is nobody's from now on. Two applications that
 * wait for the same sign-in would else fall over it, for the library holds each to whose the session was before.
 */
function forget({ oidc: { session } }: KoaContextWithOIDC): void {
  if (session?.accountId === undefined) return;
  delete session.accountId;
  delete session.loginTs;
  session.authorizations = {};
}
