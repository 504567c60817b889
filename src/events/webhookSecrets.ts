import { randomBytes } from "node:crypto";
import { seal, unseal } from "../base/secrets.ts";
import { Webhook as Signer } from "standardwebhooks";

/** Standard Webhooks, "Signature scheme": a secret has 24 to 64 bytes. */
const SECRET_BYTES = 32;
/** How long the old secret signs beside the new one: receivers are deployed in between. */
export const OVERLAP_MS = 24 * 3_600_000;

/** An endpoint's secrets as they are stored. */
export interface SealedSecrets {
  readonly secret: Buffer;
  readonly previousSecret: Buffer | null;
  readonly previousUntil: Date | null;
}

/** A new secret in the form of Standard Webhooks: `whsec_` and base64. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString("base64")}`;
}

/** Encrypts an endpoint's secret for storage. */
export function sealWebhookSecret(keys: readonly Buffer[], webhookId: string, secret: string): Buffer {
  return seal(keys, secret, contextOf(webhookId));
}

/**
 * The header `webhook-signature`: one signature for each secret that is valid at `at`, the newest first.
 *
 * @param id of the message, which stays the same however often it is sent
 */
export function signatures(
  keys: readonly Buffer[],
  webhookId: string,
  { secret, previousSecret, previousUntil }: SealedSecrets,
  message: { readonly id: string; readonly at: Date; readonly body: string },
): string {
  const overlaps = previousSecret !== null && previousUntil !== null && message.at < previousUntil;
  return [secret, ...(overlaps ? [previousSecret] : [])]
    .map((sealed) => new Signer(unseal(keys, sealed, contextOf(webhookId))))
    .map((signer) => signer.sign(message.id, message.at, message.body))
    .join(" ");
}

function contextOf(webhookId: string): string {
  return `webhooks/${webhookId}`;
}
