/** The shapes of connections: as they are written and as they are shown. */
import type { Schema } from "./route.ts";
import { arrayOf, boolean, id, instant, label, nullable, object, record, ref, text } from "./schemas.ts";

const line = { type: "string", minLength: 1, maxLength: 1024 };
const claim = { ...line, maxLength: 512, pattern: "^\\S(.*\\S)?$" };
const url = { type: "string", minLength: 1, maxLength: 2048 };

const protocol = { type: "string", enum: ["saml", "oidc"] };

const logoutBinding = {
  type: "string",
  enum: ["redirect", "post"],
  description: "How logouts go to it: HTTP-Redirect or HTTP-POST.",
};

/** The identity provider's side of SAML, as it is written. */
const saml = {
  ...object({
    metadataUrl: { ...url, description: "Where the identity provider shows its metadata; read at once." },
    metadataXml: { type: "string", minLength: 1, maxLength: 1_000_000, description: "The document itself." },
    entityId: line,
    ssoUrl: { ...url, description: "Its sign-on service, HTTP-Redirect binding." },
    certificates: arrayOf(
      { type: "string", minLength: 1, maxLength: 16_384 },
      { minItems: 1, maxItems: 8, description: "With which it signs; PEM or base64." },
    ),
    singleLogoutUrl: {
      ...nullable(url),
      description: "Its single logout service, beside the three fields; metadata names its own.",
    },
    singleLogoutBinding: { ...logoutBinding, default: "redirect" },
  }),
  description: "`metadataUrl`, or `metadataXml`, or the fields, of which the first three are needed.",
};

/** The identity provider's side of OpenID Connect, as it is written. */
const oidc: Readonly<Record<string, Schema>> = {
  issuer: url,
  clientId: { ...line, maxLength: 512 },
  clientSecret: {
    type: ["string", "null"],
    minLength: 1,
    maxLength: 512,
    description: "Kept encrypted and shown to nobody; null for a public client. A new issuer needs it anew.",
  },
  hostedDomain: {
    ...nullable({ ...line, maxLength: 253 }),
    description: "Google Workspace: the organisation's first domain. null = any domain that the tenant has verified.",
  },
  scopes: {
    ...nullable(arrayOf({ ...line, maxLength: 128 }, { maxItems: 20 })),
    description: "What is asked for. null = openid, email, profile, and groups where a groups claim is read.",
  },
  clientAuthentication: {
    type: "string",
    enum: ["client_secret", "private_key_jwt"],
    description:
      "How we prove to the provider who we are. `private_key_jwt` makes a new key of our own each time that it is " +
      "written; the provider reads its public half at `jwksUri`.",
  },
  endSession: {
    type: "boolean",
    description: "Whether who signs out here is sent to the provider to sign out there too. Usually no.",
  },
};

export const attributeNames: Schema = {
  ...object({ email: claim, givenName: claim, familyName: claim, displayName: claim }),
  description:
    "Attribute or claim in which each is, where the identity provider departs from the usual names. Of OpenID Connect " +
    "also a JSON Pointer (RFC 6901) into a claim, as `/profile/mail`; it is a path, and nothing is evaluated.",
};
const match = object({ claim, attribute: { type: "string", enum: ["externalId", "userName"] } }, [
  "claim",
  "attribute",
]);

/** What is written of every connection but the identity provider's side. */
const fields: Readonly<Record<string, Schema>> = {
  name: label,
  provider: {
    type: "string",
    pattern: "^[a-z0-9][a-z0-9-]{0,62}$",
    description:
      "Which product it is, as `okta`; known ones have a preset. `entra` and `google` have rules of their own.",
  },
  directoryId: nullable({ ...id, description: "Whose members the match may name." }),
  match: {
    ...nullable(match),
    description: "Links a first sign-in to the one member of the directory whose attribute equals this claim.",
  },
  attributes: attributeNames,
  groupsClaim: { ...nullable(claim), description: "Attribute, claim or path that holds groups; null for none." },
  unsolicited: {
    type: "string",
    enum: ["restart", "refuse"],
    description: "A SAML response that nobody asked for is not read: the sign-in starts anew, or is refused.",
  },
  signRequests: {
    type: "boolean",
    description:
      "SAML requests are signed (RSA, SHA-256). They are anyway where the identity provider's metadata asks.",
  },
  allowCbc: {
    type: "boolean",
    description:
      "SAML assertions may be encrypted with AES-CBC, in a response that is signed as a whole. AES-GCM always may be; " +
      "Triple DES and RSA 1.5 never.",
  },
  singleLogout: {
    type: "boolean",
    description:
      "Whether who signs out here is signed out at a SAML identity provider too, where it has a single logout service; " +
      "its other applications may then end their sessions as well. Its own logouts are followed in any case.",
  },
};

export const newConnection: Schema = {
  ...object({ protocol, ...fields, saml, oidc: object(oidc, ["issuer", "clientId"]) }),
  description:
    "`protocol` and `name`, or the `provider` of a preset, which brings both and what else is not said " +
    "(`GET /tenants/{t}/connection-presets`).",
};

export const connectionChange: Schema = object({
  ...fields,
  saml,
  oidc: object(oidc),
  status: { type: "string", enum: ["enabled", "disabled"] },
  force: {
    type: "boolean",
    description:
      "With `status: enabled`: enables a connection that has not been tested. Nobody has seen then that the identity " +
      "provider sends what is expected, so keep another way in open.",
  },
});

export const connection: Schema = record(
  {
    id,
    protocol,
    provider: text,
    name: text,
    status: { type: "string", enum: ["draft", "tested", "enabled", "disabled"] },
    saml: record({
      acsUrl: { ...text, description: "Ours, for the identity provider: where it posts its responses." },
      spEntityId: { ...text, description: "Ours, for the identity provider: also called audience." },
      metadataUrl: { ...text, description: "Ours, for the identity provider: both as a document." },
      sloUrl: {
        ...text,
        description: "Ours, for the identity provider: where it sends single logouts and answers to ours.",
      },
      entityId: nullable(text),
      ssoUrl: nullable(text),
      certificates: arrayOf(text),
      singleLogoutUrl: nullable(text),
      singleLogoutBinding: nullable(logoutBinding),
      keys: {
        ...arrayOf(ref("ConnectionKey")),
        description: "Ours, the oldest first; empty for the moment until one is made.",
      },
      wantsSignedRequests: { ...boolean, description: "What its metadata says." },
      metadata: {
        ...nullable(record({ url: text, refreshedAt: nullable(instant), lastError: nullable(text) })),
        description:
          "Of an identity provider whose metadata has an address: it is read again every 1 to 24 hours, as it says " +
          "itself. What cannot be read leaves the last good one in force, with `lastError`.",
      },
    }),
    oidc: record({
      redirectUri: { ...text, description: "Ours, for the identity provider." },
      backchannelLogoutUri: { ...text, description: "Ours, for a provider that tells of ended sessions." },
      postLogoutRedirectUri: { ...text, description: "Ours, for `endSession`: where the provider sends people back." },
      jwksUri: { ...text, description: "Ours, for `private_key_jwt`: where the provider reads our public key." },
      issuer: nullable(text),
      clientId: nullable(text),
      clientAuthentication: { type: "string", enum: ["client_secret", "private_key_jwt"] },
      hasClientSecret: boolean,
      hostedDomain: nullable(text),
      scopes: nullable(arrayOf(text)),
      endSession: boolean,
    }),
    directoryId: nullable(id),
    match: nullable(match),
    attributes: attributeNames,
    groupsClaim: nullable(text),
    unsolicited: text,
    signRequests: boolean,
    allowCbc: boolean,
    singleLogout: boolean,
    createdAt: instant,
    updatedAt: instant,
  },
  ["saml", "oidc"],
);
