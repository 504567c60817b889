/** A connection's own key, with which we authenticate to its provider (`private_key_jwt`, OpenID Connect Core §9). */
import { createPublicKey, generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { calculateJwkThumbprint, importPKCS8, type JWK } from "jose";
import { PrivateKeyJwt, type ClientAuth } from "openid-client";

/** What every provider that takes the method takes; as for ID tokens. */
const ALGORITHM = "RS256";
const make = promisify(generateKeyPair);

/** A new private key: PKCS #8 as PEM. */
export async function newClientKey(): Promise<string> {
  const { privateKey } = await make("rsa", { modulusLength: 2048 });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The public half, named by its thumbprint (RFC 7638), as the provider reads it (RFC 7517 §4). */
export async function publicClientKey(pem: string): Promise<JWK> {
  const { kty, n, e } = createPublicKey(pem).export({ format: "jwk" });
  if (kty !== "RSA" || n === undefined || e === undefined) throw new Error("a client key is an RSA key");
  const kid = await calculateJwkThumbprint({ kty, n, e });
  return { kty, n, e, kid, use: "sig", alg: ALGORITHM };
}

/** Signs an assertion for each request to the token endpoint (RFC 7523 §2.2). */
export async function clientKeyAuthentication(pem: string): Promise<ClientAuth> {
  const [{ kid = "" }, key] = await Promise.all([publicClientKey(pem), importPKCS8(pem, ALGORITHM)]);
  return PrivateKeyJwt({ key, kid });
}
