/**
 * access/ is the way in of people: it begins sign-ins, takes back what identity providers answer, and opens sessions.
 * What an answer is worth is judged in `sso/`; who that is, as what, and with which seat, in `directory/`.
 */
import type { OidcDeps } from "../sso/oidc/discovery.ts";
import type { SamlThreads } from "../sso/saml/threads.ts";
import type { NewConnection, ProviderData } from "../directory/connections/connections.ts";
import type { LookUpTxt } from "../http/dns.ts";
import type { Logger } from "../http/logger.ts";
import type { Database } from "../storage/types.ts";
import type { Cookies } from "../http/cookies.ts";
import type { RunningProvider } from "./provider/provider.ts";

/** The identity provider's side of a connection, as somebody has written it. */
export type GivenProvider =
  | {
      readonly saml:
        | { readonly metadataUrl: string }
        | { readonly metadataXml: string }
        | { readonly entityId: string; readonly ssoUrl: string; readonly certificates: readonly string[] };
    }
  | {
      readonly oidc: {
        readonly issuer: string;
        readonly clientId: string;
        readonly clientSecret: string;
        readonly hostedDomain?: string;
      };
    };

/** How the admin API drafts a connection, and reads what is written of its identity provider. */
interface Providers {
  /** A draft of a preset; undefined where there is none of that name. */
  readonly draftOf: (provider: string) => NewConnection | undefined;
  /** @throws Refusal `invalid_request` */
  readonly read: (
    given: GivenProvider,
    at: { readonly provider: string; readonly whose: string; readonly now: Date },
  ) => Promise<ProviderData>;
}

/** What the surface is made of. */
export interface AccessOptions {
  readonly db: Database;
  /** Origin under which browsers reach us, without a slash at its end. */
  readonly publicUrl: string;
  /** 32 bytes each: the first seals, all unseal. */
  readonly secretKeys: readonly Buffer[];
  /** The guarded way out, for discovery, tokens and keys of identity providers. */
  readonly fetch: OidcDeps["fetch"];
  readonly samlThreads: SamlThreads;
  /** Asks the DNS, while somebody waits for the answer. */
  readonly lookUpTxt: LookUpTxt;
  readonly providers: Providers;
  readonly log: Logger;
  /** The clock, read once for a request; the system's unless given. */
  readonly clock?: () => Date;
}

/** The same, with what follows from it. */
export interface Access extends AccessOptions {
  /** Counts an answer of an address. @throws Refusal `rate_limited` */
  readonly countAnswer: (ip: string) => Promise<void>;
  /** Counts a sign-in that an address begins. @throws Refusal `rate_limited` */
  readonly countBegin: (ip: string) => Promise<void>;
  /** Counts a sign-in of an address that went nowhere. @throws Refusal `rate_limited` */
  readonly countRefusal: (ip: string) => Promise<void>;
  /** Counts an application's request for somebody to sign in. @throws Refusal `rate_limited` */
  readonly countRequest: (ip: string) => Promise<void>;
  /** Counts a logout that a provider tells of. @throws Refusal `rate_limited` */
  readonly countLogout: (ip: string) => Promise<void>;
  readonly cookies: Cookies;
  /** The OpenID Provider, with the keys of this moment. */
  readonly provider: () => Promise<RunningProvider>;
  readonly now: () => Date;
}

/** What speaking with an OpenID Provider needs; by `http:` only where the way out lets it. */
export function oidcDeps({ fetch }: AccessOptions, now: Date): OidcDeps {
  return { fetch, now, allowHttp: true };
}
