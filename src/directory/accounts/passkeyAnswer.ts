import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import { Refusal } from "../../base/errors.ts";

const BASE64URL = /^[A-Za-z0-9_-]{1,8192}$/;

/** What a form's script wrote: the answer as JSON. @throws Refusal `invalid_request` */
export function parsedAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed();
  }
}

/** A signature by a passkey, in the form of WebAuthn §5.1. @throws Refusal `invalid_request` */
export function proofAnswer(value: unknown): AuthenticationResponseJSON {
  const { id, response } = credentialOf(value);
  const { userHandle } = response;
  return {
    id,
    rawId: id,
    type: "public-key",
    clientExtensionResults: {},
    response: {
      clientDataJSON: binary(response["clientDataJSON"]),
      authenticatorData: binary(response["authenticatorData"]),
      signature: binary(response["signature"]),
      ...(typeof userHandle === "string" && userHandle !== "" && { userHandle: binary(userHandle) }),
    },
  };
}

/** A passkey that was made, in the same form. @throws Refusal `invalid_request` */
export function additionAnswer(value: unknown): RegistrationResponseJSON {
  const { id, response } = credentialOf(value);
  const { transports } = response;
  const isList = Array.isArray(transports) && transports.every((each) => /^[a-z-]{1,32}$/.test(String(each)));
  return {
    id,
    rawId: id,
    type: "public-key",
    clientExtensionResults: {},
    response: {
      clientDataJSON: binary(response["clientDataJSON"]),
      attestationObject: binary(response["attestationObject"]),
      ...(isList && { transports: transports.map(String) }),
    },
  };
}

function credentialOf(value: unknown): { id: string; response: Readonly<Record<string, unknown>> } {
  const { id, type, response } = recordOf(value);
  if (type !== "public-key") throw malformed();
  return { id: binary(id), response: recordOf(response) };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw malformed();
  return value as Readonly<Record<string, unknown>>;
}

function binary(value: unknown): string {
  if (typeof value === "string" && BASE64URL.test(value)) return value;
  throw malformed();
}

function malformed(): Refusal {
  return new Refusal("invalid_request", "Send what the browser's navigator.credentials answered, as JSON (WebAuthn).");
}
