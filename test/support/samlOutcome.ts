/** What a SAML response comes to at our side, as tests ask for it. */
import assert from "node:assert/strict";
import { finishSaml } from "../../src/sso/saml/finishSaml.ts";
import { type ConnectionUrls, type SamlAnswer, SignInRefused, type SsoConnection } from "../../src/sso/types.ts";
import { connectionWith, NOW, post, urls } from "./hostileSigner.ts";

export interface At {
  readonly connection?: Partial<SsoConnection>;
  readonly urls?: ConnectionUrls;
  readonly now?: Date;
}

export function accepted(xml: string, at: At = {}): Promise<SamlAnswer> {
  return finishSaml(connectionWith(at.connection), at.urls ?? urls, post(xml), at.now ?? NOW);
}

/** The refusal, which must have this code. */
export async function refused(xml: string, code: string | RegExp, at: At = {}): Promise<SignInRefused> {
  const outcome = await accepted(xml, at).then(
    () => null,
    (error: unknown) => error,
  );
  assert.ok(outcome instanceof SignInRefused, `expected ${code}, was ${String(outcome)}`);
  if (typeof code === "string") assert.equal(outcome.code, code, outcome.message);
  else assert.match(outcome.code, code);
  return outcome;
}
