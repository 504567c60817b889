/** A passkey in software: keys on P-256, ES256, attestation `none`; it answers as a browser would (WebAuthn §5.1). */
import { createHash, createSign, generateKeyPairSync, randomBytes, type KeyObject } from "node:crypto";

/** What a test may have it do wrong. */
export interface Astray {
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
  /** Whether it looked at its holder; yes unless given. */
  readonly verified?: boolean;
  readonly present?: boolean;
  readonly counter?: number;
  readonly userHandle?: string;
  readonly format?: string;
}

/** One credential, made by `created`. */
export interface Authenticator {
  readonly id: string;
  /** The answer to `navigator.credentials.create`. */
  created(options: CreationOptions, astray?: Astray): Record<string, unknown>;
  /** The answer to `navigator.credentials.get`. */
  signed(options: { challenge: string }, astray?: Astray): Record<string, unknown>;
  counter: number;
}

interface CreationOptions {
  readonly challenge: string;
  readonly user: { readonly id: string };
}

/** A new authenticator for a server. `counting` ones count each use; others always say 0. */
export function authenticator(origin: string, { counting = true } = {}): Authenticator {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const credentialId = randomBytes(32);
  const id = credentialId.toString("base64url");
  let userHandle = "";
  const self: Authenticator = {
    id,
    counter: 0,
    created(options, astray = {}) {
      userHandle = options.user.id;
      const clientDataJSON = clientData("webauthn.create", options.challenge, origin, astray);
      const attested = Buffer.concat([
        Buffer.alloc(16),
        Buffer.from([0, credentialId.length]),
        credentialId,
        coseKey(publicKey),
      ]);
      const authData = authenticatorData(origin, 0x40, self.counter, astray, attested);
      const attestationObject = attestation(astray.format ?? "none", authData);
      return credential(id, { clientDataJSON, attestationObject: b64(attestationObject), transports: ["internal"] });
    },
    signed(options, astray = {}) {
      if (counting) self.counter += 1;
      const clientDataJSON = clientData("webauthn.get", options.challenge, origin, astray);
      const authData = authenticatorData(origin, 0, astray.counter ?? self.counter, astray);
      const hash = createHash("sha256").update(Buffer.from(clientDataJSON, "base64url")).digest();
      const signature = sign(privateKey, Buffer.concat([authData, hash]));
      return credential(id, {
        clientDataJSON,
        authenticatorData: b64(authData),
        signature: b64(signature),
        userHandle: astray.userHandle ?? userHandle,
      });
    },
  };
  return self;
}

function credential(id: string, response: Record<string, unknown>): Record<string, unknown> {
  return { id, rawId: id, type: "public-key", clientExtensionResults: {}, response };
}

function clientData(type: string, challenge: string, origin: string, astray: Astray): string {
  const said = {
    type: astray.type ?? type,
    challenge: astray.challenge ?? challenge,
    origin: astray.origin ?? origin,
    crossOrigin: astray.crossOrigin ?? false,
    ...(astray.crossOrigin && { topOrigin: "https://evil.example" }),
  };
  return b64(Buffer.from(JSON.stringify(said)));
}

/** WebAuthn §6.1: hash of the RP id, flags, counter, what follows. */
function authenticatorData(
  origin: string,
  flags: number,
  counter: number,
  { rpId = new URL(origin).hostname, verified = true, present = true }: Astray,
  more: Buffer = Buffer.alloc(0),
): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(counter);
  const all = flags | (present ? 1 : 0) | (verified ? 4 : 0);
  return Buffer.concat([createHash("sha256").update(rpId).digest(), Buffer.from([all]), count, more]);
}

/** RFC 9053 §7.1.1: `{1: 2, 3: -7, -1: 1, -2: x, -3: y}` in CBOR. */
function coseKey(key: KeyObject): Buffer {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  const part = (label: number, value: string): Buffer =>
    Buffer.concat([Buffer.from([label, 0x58, 32]), Buffer.from(value, "base64url")]);
  return Buffer.concat([Buffer.from([0xa5, 1, 2, 3, 0x26, 0x20, 1]), part(0x21, x), part(0x22, y)]);
}

/** `{fmt, attStmt: {}, authData}` in CBOR. */
function attestation(format: string, authData: Buffer): Buffer {
  const text = (value: string): Buffer => Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)]);
  const bytes = Buffer.concat([Buffer.from([0x59, authData.length >> 8, authData.length & 255]), authData]);
  return Buffer.concat([
    Buffer.from([0xa3]),
    text("fmt"),
    text(format),
    text("attStmt"),
    Buffer.from([0xa0]),
    text("authData"),
    bytes,
  ]);
}

function sign(key: KeyObject, data: Buffer): Buffer {
  return createSign("sha256").update(data).sign(key);
}

function b64(bytes: Buffer): string {
  return bytes.toString("base64url");
}
