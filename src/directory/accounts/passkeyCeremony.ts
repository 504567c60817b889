/** The two ceremonies of WebAuthn: what a browser is asked, and whether what it answers holds. No database. */
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from "@simplewebauthn/server";
import { decodeAttestationObject, decodeClientDataJSON } from "@simplewebauthn/server/helpers";
import { isUuid } from "../../base/ids.ts";
import type { Holder } from "./factorHolder.ts";
import type { Passkey } from "./passkeys.store.ts";

/** What a browser's `navigator.credentials` is given, in the JSON form of WebAuthn §5.1.8 and §5.1.9. */
export type PasskeyOptions = Readonly<Record<string, unknown>>;

/** COSE algorithms, the best first: EdDSA, ES256, RS256. */
const ALGORITHMS = [-8, -7, -257];

/** Who asks: the origin that browsers see is the relying party, whatever a request says of itself. */
export interface RelyingParty {
  readonly publicUrl: string;
  /** Base64url, as `newChallenge` makes it. */
  readonly challenge: string;
}

/** Asks for a new passkey. */
export async function additionOptions(
  { publicUrl, challenge }: RelyingParty,
  holder: Holder,
  person: { readonly email: string; readonly name: string },
  known: readonly Passkey[],
): Promise<PasskeyOptions> {
  const { hostname, host } = new URL(publicUrl);
  const options = await generateRegistrationOptions({
    rpName: host,
    rpID: hostname,
    userName: person.email,
    userDisplayName: person.name,
    userID: new Uint8Array(handleOf(holder)),
    challenge: bytesOf(challenge),
    attestationType: "none",
    excludeCredentials: known.map(descriptorOf),
    authenticatorSelection: { residentKey: "preferred", userVerification: "preferred" },
    supportedAlgorithmIDs: ALGORITHMS,
  });
  return { ...options };
}

/** Asks for one of these passkeys, or for any that the person has here; then it must look at the person. */
export async function proofOptions(
  { publicUrl, challenge }: RelyingParty,
  known: readonly Passkey[] | "any",
): Promise<PasskeyOptions> {
  const options = await generateAuthenticationOptions({
    rpID: new URL(publicUrl).hostname,
    challenge: bytesOf(challenge),
    ...(known !== "any" && { allowCredentials: known.map(descriptorOf) }),
    userVerification: known === "any" ? "required" : "preferred",
  });
  return { ...options };
}

/** What a browser answered: still to be judged, but of the right form. */
export type PasskeyAnswer = AuthenticationResponseJSON | RegistrationResponseJSON;

/** The challenge that an answer is about; undefined where it is none. */
export function challengeOf(answer: PasskeyAnswer): string | undefined {
  try {
    const { challenge } = decodeClientDataJSON(answer.response.clientDataJSON) as { challenge: unknown };
    return typeof challenge === "string" ? challenge : undefined;
  } catch {
    return undefined;
  }
}

/** A passkey as it was just made; undefined for what is none of ours. */
export async function addedPasskey(
  { publicUrl, challenge }: RelyingParty,
  answer: RegistrationResponseJSON,
): Promise<Pick<Passkey, "credentialId" | "publicKey" | "counter" | "transports"> | undefined> {
  try {
    if (!isUnattested(answer)) return undefined;
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: answer,
      expectedChallenge: challenge,
      expectedOrigin: publicUrl,
      expectedRPID: new URL(publicUrl).hostname,
      expectedType: "webauthn.create",
      requireUserVerification: false,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (!verified) return undefined;
    const { id, publicKey, counter } = registrationInfo.credential;
    const transports = (answer.response.transports ?? []).slice(0, 8);
    return { credentialId: id, publicKey: Buffer.from(publicKey), counter, transports };
  } catch {
    // The library says each way to fail by an error with words of its own.
    return undefined;
  }
}

/** Certificates name addresses at which the library would ask whether they are revoked: none is asked for, none taken. */
function isUnattested({ response }: RegistrationResponseJSON): boolean {
  const attestation = decodeAttestationObject(new Uint8Array(bytesOf(response.attestationObject)));
  const format = attestation.get("fmt");
  return format === "none" || (format === "packed" && attestation.get("attStmt").get("x5c") === undefined);
}

/** The new counter of a passkey that signed this; undefined where it did not. */
export async function provenBy(
  { publicUrl, challenge }: RelyingParty,
  answer: AuthenticationResponseJSON,
  passkey: Passkey,
  { userVerified }: { userVerified: boolean },
): Promise<number | undefined> {
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: answer,
      expectedChallenge: challenge,
      expectedOrigin: publicUrl,
      expectedRPID: new URL(publicUrl).hostname,
      expectedType: "webauthn.get",
      requireUserVerification: userVerified,
      credential: {
        id: passkey.credentialId,
        publicKey: new Uint8Array(passkey.publicKey),
        counter: passkey.counter,
      },
    });
    return verified ? authenticationInfo.newCounter : undefined;
  } catch {
    return undefined;
  }
}

/** The user handle (WebAuthn §5.4.3): whose a passkey is, for who signs in by it alone; ids and nothing personal. */
function handleOf(holder: Holder): Buffer {
  const ids = holder.kind === "member" ? [holder.tenantId, holder.id] : [holder.id];
  return Buffer.from(ids.map((id) => id.replaceAll("-", "")).join(""), "hex");
}

/** The holder that a handle names; undefined for one that we did not make. */
export function holderOfHandle(handle: string): Holder | undefined {
  const hex = bytesOf(handle).toString("hex");
  const [first, second] = [uuidOf(hex.slice(0, 32)), uuidOf(hex.slice(32))];
  if (first !== undefined && hex.length === 32) return { kind: "account", id: first };
  return first !== undefined && second !== undefined ? { kind: "member", tenantId: first, id: second } : undefined;
}

function uuidOf(hex: string): string | undefined {
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return isUuid(id) ? id : undefined;
}

function descriptorOf({ credentialId, transports }: Passkey): { id: string; transports: string[] } {
  return { id: credentialId, transports: [...transports] };
}

function bytesOf(base64url: string): Buffer<ArrayBuffer> {
  return Buffer.from(base64url, "base64url");
}
