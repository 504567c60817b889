/** What the pages of setup links make of an identity provider: the same as the API does, and read in the same way. */
import type { NewConnection, ProviderData } from "../directory/connections/connections.ts";
import { presetOf } from "../sso/presets/presets.ts";
import { usual } from "./connections.ts";
import { type OidcBody, oidcProvider, type Reading, type SamlBody, samlProvider } from "./connectionSettings.ts";

type Written = { readonly saml: SamlBody } | { readonly oidc: OidcBody };

/** A draft of a preset, and the reading of what is written of its identity provider. */
export function providersFor(parts: Omit<Reading, "now" | "whose">): {
  readonly draftOf: (provider: string) => NewConnection | undefined;
  readonly read: (
    given: Written,
    at: { readonly provider: string; readonly whose: string; readonly now: Date },
  ) => Promise<ProviderData>;
} {
  return {
    draftOf,
    read: async (given, { provider, whose, now }) => {
      if ("saml" in given) return samlProvider(given.saml, { ...parts, whose, now });
      return oidcProvider(given.oidc, provider, { oidc: null, hasSecret: false }, parts);
    },
  };
}

function draftOf(slug: string): NewConnection | undefined {
  const preset = presetOf(slug);
  if (!preset) return undefined;
  const { provider, name, protocol, defaults } = preset;
  return { ...usual, provider, name, protocol, ...defaults, data: null };
}
