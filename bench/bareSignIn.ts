/**
 * What a sign-in is held against: the libraries' own validation and nothing else, in a process of its own, so that its
 * CPU time is nobody else's.
 */
import { SAML } from "@node-saml/node-saml";
import { allowInsecureRequests, authorizationCodeGrant, discovery, enableNonRepudiationChecks } from "openid-client";

/** SAML responses as they were posted, with what the library must know of either side. */
export interface SamlWork {
  readonly kind: "saml";
  readonly responses: readonly string[];
  readonly certificates: readonly string[];
  readonly acsUrl: string;
  readonly spEntityId: string;
  /** Whether the response is signed beside its assertion. */
  readonly both: boolean;
}

/** Answers of an OpenID Provider, whose codes are still to be redeemed. */
export interface OidcWork {
  readonly kind: "oidc";
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly answers: readonly {
    readonly url: string;
    readonly state: string;
    readonly nonce: string;
    readonly verifier: string;
  }[];
}

async function validateSaml(work: SamlWork): Promise<(() => Promise<unknown>)[]> {
  const saml = new SAML({
    idpCert: [...work.certificates],
    callbackUrl: work.acsUrl,
    issuer: work.spEntityId,
    wantAuthnResponseSigned: work.both,
    wantAssertionsSigned: true,
  });
  return work.responses.map((SAMLResponse) => () => saml.validatePostResponseAsync({ SAMLResponse }));
}

async function validateOidc({
  issuer,
  clientId,
  clientSecret,
  answers,
}: OidcWork): Promise<(() => Promise<unknown>)[]> {
  const options = { execute: [allowInsecureRequests, enableNonRepudiationChecks] };
  const config = await discovery(new URL(issuer), clientId, clientSecret, undefined, options);
  return answers.map(({ url, state, nonce, verifier }) => () => {
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
    return authorizationCodeGrant(config, new URL(url), checks);
  });
}

/** Milliseconds of CPU time for each of those after the warm-up. */
async function timed(all: readonly (() => Promise<unknown>)[], warmUp: number): Promise<number> {
  for (const each of all.slice(0, warmUp)) await each();
  const before = process.cpuUsage();
  for (const each of all.slice(warmUp)) await each();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / (all.length - warmUp);
}

process.on("message", (work: (SamlWork | OidcWork) & { readonly warmUp: number }) => {
  void (work.kind === "saml" ? validateSaml(work) : validateOidc(work))
    .then((all) => timed(all, work.warmUp))
    .then((ms) => process.send?.({ ms }));
});
