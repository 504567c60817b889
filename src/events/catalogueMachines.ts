import { type CatalogueEntry, count, id, moment, name, oneOf, orNull } from "./catalogueFields.ts";
import type { EventType } from "./event.ts";

const directoryId = id("The directory.");
const kind = oneOf("An OAuth client, or the tokens that Entra ID signs itself.", "client", "entra");
const credential = {
  credentialId: id("The credential."),
  kind: oneOf("A secret of ours, or tokens that an issuer signs.", "secret", "issuer"),
};

/** By what programs come in without a token that somebody copied, and what they have ended. */
export const machineEvents = {
  "machine_credential.created": {
    description: "A directory may authenticate by OAuth client credentials, or by the tokens of its Entra tenant.",
    target: "machine_credential",
    data: {
      name: { ...name, example: "Entra production" },
      kind,
      directoryId,
      dialect: oneOf("How strictly it is read.", "tolerant", "rfc", "interop"),
      expiresAt: orNull(moment("Null = never.")),
    },
  },
  "machine_credential.revoked": {
    description: "Such a credential was revoked, and with it every token that it has.",
    target: "machine_credential",
    data: { name: { ...name, example: "Entra production" }, kind, directoryId },
  },
  "connection.revocation_credential_created": {
    description: "The identity provider of a connection may have sessions and tokens ended by this credential.",
    target: "connection",
    data: credential,
  },
  "connection.revocation_credential_deleted": {
    description: "Such a credential was deleted; what it ended stays so.",
    target: "connection",
    data: credential,
  },
  "member.tokens_revoked": {
    description:
      "The identity provider had all sessions and refresh tokens of a member ended (global token revocation).",
    target: "member",
    data: {
      connectionId: id("The connection whose identity provider asked for it."),
      sessions: count("How many sessions there were.", 2),
    },
  },
} as const satisfies Partial<Record<EventType, CatalogueEntry>>;
