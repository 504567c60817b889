/** What an admin says of an identity provider: read from its metadata or from fields, and checked by those who use it. */
import { isRefusal, Refusal } from "../base/errors.ts";
import type { ProviderData } from "../directory/connections/connections.ts";
import type { Connection } from "../directory/connections/connections.store.ts";
import type { MetadataRead } from "../directory/connections/metadataRefresh.ts";
import { newClientKey } from "../sso/oidc/clientKey.ts";
import { checkOidcSettings } from "../sso/oidc/settings.ts";
import { checkSamlSettings } from "../sso/saml/settings.ts";
import type { Answers } from "../sso/saml/thread.ts";
import type { SamlThreads } from "../sso/saml/threads.ts";
import type { SamlSettings } from "../sso/types.ts";
import type { Call } from "./route.ts";

/** One of three ways to say it. */
export interface SamlBody {
  readonly metadataUrl?: string;
  readonly metadataXml?: string;
  readonly entityId?: string;
  readonly ssoUrl?: string;
  readonly certificates?: readonly string[];
  readonly singleLogoutUrl?: string | null;
  /** Absent = `redirect`. */
  readonly singleLogoutBinding?: "redirect" | "post";
}

export interface OidcBody {
  readonly issuer?: string;
  readonly clientId?: string;
  readonly clientSecret?: string | null;
  readonly hostedDomain?: string | null;
  readonly scopes?: readonly string[] | null;
  readonly endSession?: boolean;
  readonly clientAuthentication?: "client_secret" | "private_key_jwt";
}

/** A new key where the body asks for one: made before any transaction. */
export async function clientKeyFor(body: OidcBody | undefined): Promise<string | undefined> {
  return body?.clientAuthentication === "private_key_jwt" ? newClientKey() : undefined;
}

/** What is needed of a request to read it. */
export interface Reading extends Pick<Call, "outbound" | "publicUrl" | "now"> {
  readonly samlThreads: Pick<SamlThreads, "readMetadata">;
  /** Whose document it is: of each one is read at a time. */
  readonly whose: string;
}

/** 1 MiB: one identity provider's metadata has 3 to 30 kB, a federation's many megabytes. */
const MOST_METADATA_BYTES = 1_048_576;
const ways = "must hold metadataUrl, or metadataXml, or entityId with ssoUrl and certificates";

/**
 * The identity provider's side of a SAML connection. Metadata is fetched here, before any transaction.
 *
 * @throws Refusal `invalid_request`
 */
export async function samlProvider(body: SamlBody, reading: Reading): Promise<ProviderData> {
  const { metadataUrl, metadataXml, ...fields } = body;
  const given = [metadataUrl, metadataXml, Object.keys(fields).length > 0 ? fields : undefined];
  if (given.filter((way) => way !== undefined).length !== 1) throw faulty("/saml", ways);
  if (metadataUrl !== undefined) return { ...(await readMetadata(metadataUrl, reading)), oidc: null };
  return { saml: { ...(await handedIn(metadataXml, fields, reading)), metadataUrl: null }, oidc: null };
}

async function handedIn(metadataXml: string | undefined, fields: SamlBody, reading: Reading): Promise<SamlSettings> {
  if (metadataXml !== undefined) return (await parsed("/saml/metadataXml", metadataXml, reading)).settings;
  const { entityId, ssoUrl, certificates, singleLogoutUrl, singleLogoutBinding: binding = "redirect" } = fields;
  if (entityId === undefined || ssoUrl === undefined || certificates === undefined) throw faulty("/saml", ways);
  const written = {
    entityId,
    ssoUrl,
    certificates,
    ...(typeof singleLogoutUrl === "string" && { singleLogout: { url: singleLogoutUrl, binding } }),
  };
  return located("/saml", async () => checkSamlSettings(written, samlOptions(reading)));
}

/** In a thread: a document of a megabyte holds up nobody. */
function parsed(path: string, xml: string, reading: Reading): Promise<Answers["metadata"]> {
  const question = { xml, now: reading.now, options: samlOptions(reading) };
  return located(path, () => reading.samlThreads.readMetadata(question, reading.whose));
}

/** Plain http, on loopback alone, where Usher itself is served so: for development and tests. */
function samlOptions({ publicUrl }: Pick<Reading, "publicUrl">): { allowHttp: boolean } {
  return { allowHttp: publicUrl.startsWith("http:") };
}

/**
 * The metadata at an address, and when it is to be read again.
 *
 * @throws Refusal `invalid_request`
 */
export async function readMetadata(url: string, reading: Reading): Promise<MetadataRead> {
  const path = "/saml/metadataUrl";
  const headers = { accept: "application/samlmetadata+xml, application/xml, text/xml" };
  const answer = await reading.outbound.send({ method: "GET", url, headers, mostBytes: MOST_METADATA_BYTES });
  if (answer.kind !== "answered") throw faulty(path, `could not be read. ${answer.reason}`);
  // A redirect is not followed: it would lead where nobody has looked.
  if (answer.status !== 200) throw faulty(path, `answered ${answer.status}; give the address of the document itself`);
  if (answer.truncated) throw faulty(path, "holds more than 1 MiB; give the metadata of this one identity provider");
  const { settings, refreshAt } = await parsed(path, answer.body, reading);
  return { saml: { ...settings, metadataUrl: url }, refreshAt };
}

/**
 * The identity provider's side of an OpenID Connect connection, over what is kept of it.
 *
 * @throws Refusal `invalid_request`, also where a kept secret would be sent to an issuer that it was not made for
 */
export function oidcProvider(
  body: OidcBody,
  provider: string,
  before: Pick<Connection, "oidc" | "hasSecret">,
  { outbound }: Pick<Reading, "outbound">,
  clientKey?: string,
): ProviderData {
  const { clientSecret } = body;
  const merged = { ...before.oidc, ...body, clientSecret: clientSecret ?? null };
  const { clientSecret: secret, ...oidc } = checkedOidc(merged, provider, outbound);
  // It lies where the secret would, and is never to be sent as one.
  if (oidc.clientAuthentication !== undefined) {
    return { saml: null, oidc, ...(clientKey === undefined ? {} : { clientSecret: clientKey }) };
  }
  if (before.oidc?.clientAuthentication !== undefined) return { saml: null, oidc, clientSecret: secret };
  if (before.oidc?.issuer !== oidc.issuer && before.hasSecret && clientSecret === undefined) {
    throw faulty("/oidc/clientSecret", "is missing: another issuer is given no secret of the one before");
  }
  return { saml: null, oidc, ...(clientSecret === undefined ? {} : { clientSecret: secret }) };
}

function checkedOidc(
  { issuer, clientId, clientSecret, ...more }: OidcBody,
  provider: string,
  outbound: Reading["outbound"],
): ReturnType<typeof checkOidcSettings> {
  if (issuer === undefined) throw faulty("/oidc/issuer", "is missing");
  if (clientId === undefined) throw faulty("/oidc/clientId", "is missing");
  const fault = outbound.urlFault(issuer);
  const typed = { issuer, clientId, clientSecret: clientSecret ?? null, ...more };
  const checked = checkOidcSettings(typed, provider, !fault);
  if (fault !== undefined) throw faulty("/oidc/issuer", fault);
  return checked;
}

/** Says where in the body a refusal belongs that does not know it. */
async function located<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isRefusal(error, "invalid_request") || error.errors.length > 0) throw error;
    throw new Refusal(error.code, error.message, { errors: [{ path, message: error.message }] });
  }
}

/** A refusal of one place of the body. */
export function faulty(path: string, message: string): Refusal {
  const field = path.slice(1).replaceAll("/", ".");
  return new Refusal("invalid_request", `${field} ${message}.`.replace(/\.\.$/, "."), { errors: [{ path, message }] });
}
