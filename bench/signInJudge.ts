/**
 * What an answer of an identity provider costs to judge, apart from all requests and rows: Usher's policy with the
 * library in it, and the library's own validation alone, in turns and in a process of their own, so that their CPU time
 * is nobody else's. Usher's part is the one that was built, as the server runs it.
 *
 * A first message tells of both sides, each one after it is a round: answers to judge, and back go milliseconds of each.
 */
import { SAML } from "@node-saml/node-saml";
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
} from "openid-client";
import type * as wayOut from "../src/http/outbound.ts";
import type * as oidcEnd from "../src/sso/oidc/finishOidc.ts";
import type * as oidcFetch from "../src/sso/oidc/outboundFetch.ts";
import type * as samlEnd from "../src/sso/saml/finishSaml.ts";
import type { ConnectionUrls, SsoConnection } from "../src/sso/types.ts";

/** Both sides of a sign-in. */
export interface Sides {
  readonly connection: SsoConnection;
  readonly urls: ConnectionUrls;
  /** SAML: whether the response is signed beside its assertion. */
  readonly both: boolean;
}

/** An answer of an OpenID Provider whose code is still to be redeemed, and what was remembered for it. */
export interface OidcAnswer {
  readonly url: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** Answers of one round; a code is redeemed once, so that each of the two has its own, and a response of SAML by both. */
export interface Round {
  readonly usher: readonly (string | OidcAnswer)[];
  readonly library: readonly (string | OidcAnswer)[];
}

/** Milliseconds of CPU time for an answer. */
export type Judged = Readonly<Record<keyof Round, number>>;

type Judge = (answer: string | OidcAnswer) => Promise<unknown>;
type Judges = Readonly<Record<keyof Round, Judge>>;

/** What `npm start` runs; the driver has built it. */
const built = async <T>(path: string): Promise<T> =>
  (await import(new URL(`../dist/${path}.js`, import.meta.url).href)) as T;

async function samlJudges({ connection, urls, both }: Sides): Promise<Judges> {
  const { finishSaml } = await built<typeof samlEnd>("sso/saml/finishSaml");
  const saml = new SAML({
    idpCert: [...(connection.saml?.certificates ?? [])],
    callbackUrl: urls.acsUrl,
    issuer: urls.spEntityId,
    wantAuthnResponseSigned: both,
    wantAssertionsSigned: true,
  });
  return {
    usher: (answer) => finishSaml(connection, urls, { samlResponse: answer as string }, new Date()),
    library: (answer) => saml.validatePostResponseAsync({ SAMLResponse: answer as string }),
  };
}

async function oidcJudges({ connection, urls }: Sides): Promise<Judges> {
  const [{ finishOidc }, { outboundFetch }, { createOutbound }] = await Promise.all([
    built<typeof oidcEnd>("sso/oidc/finishOidc"),
    built<typeof oidcFetch>("sso/oidc/outboundFetch"),
    built<typeof wayOut>("http/outbound"),
  ]);
  const { issuer = "", clientId = "", clientSecret } = connection.oidc ?? {};
  const fetch = outboundFetch(createOutbound({ allowedNetworks: ["127.0.0.0/8"] }));
  const options = { execute: [allowInsecureRequests, enableNonRepudiationChecks] };
  const config = await discovery(new URL(issuer), clientId, clientSecret ?? undefined, undefined, options);
  return {
    usher: (answer) => {
      const { url, ...remembered } = answer as OidcAnswer;
      const proof = JSON.stringify({ connectionId: connection.id, issuer, clientId, ...remembered });
      return finishOidc(connection, urls, new URL(url), proof, { fetch, now: new Date(), allowHttp: true });
    },
    // The provider of the tests tells the address by UserInfo alone, as OpenID Connect Core §5.4 has it: either asks.
    library: async (answer) => {
      const { url, state, nonce, codeVerifier } = answer as OidcAnswer;
      const checks = { expectedState: state, expectedNonce: nonce, idTokenExpected: true };
      const tokens = await authorizationCodeGrant(config, new URL(url), { ...checks, pkceCodeVerifier: codeVerifier });
      return fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? "");
    },
  };
}

async function timed(judge: Judge, answers: Round[keyof Round]): Promise<number> {
  const before = process.cpuUsage();
  for (const answer of answers) await judge(answer);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / answers.length;
}

async function answered(round: Round): Promise<void> {
  const both = await judges;
  if (!both) throw new Error("nothing is known of either side yet");
  const library = await timed(both.library, round.library);
  process.send?.({ library, usher: await timed(both.usher, round.usher) });
}

let judges: Promise<Judges> | undefined;

process.on("message", (message: Sides | Round) => {
  if ("urls" in message) {
    judges = message.connection.protocol === "saml" ? samlJudges(message) : oidcJudges(message);
    return;
  }
  void answered(message);
});
