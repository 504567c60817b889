/** A real identity provider in this process: samlify reads our metadata and requests, and answers them. */
import samlify from "samlify";
import { spMetadata } from "../../src/sso/saml/spMetadata.ts";
import type { ConnectionUrls } from "../../src/sso/types.ts";
import { testKey } from "./hostileSigner.ts";

const entityId = "https://samlify.example.com/metadata";
const ssoUrl = "https://samlify.example.com/sso";
const persistent = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

/** Settings that samlify reads and its types do not name. */
const encryption: object = {
  dataEncryptionAlgorithm: "http://www.w3.org/2009/xmlenc11#aes256-gcm",
  keyEncryptionAlgorithm: "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
};

// samlify wants a schema validator; ours is the other side, so that it takes what it is given.
samlify.setSchemaValidator({ validate: () => Promise.resolve("skipped") });

interface Person {
  readonly nameId: string;
  readonly email: string;
  /** SessionIndex; none unless given. */
  readonly session?: string;
  /** AuthnInstant; now unless given. */
  readonly authenticatedAt?: Date;
}

export interface TestIdp {
  readonly metadata: string;
  /** What the provider's sign-on endpoint does with our redirect once the person has signed in: the form to post. */
  readonly answer: (redirectUrl: string, person: Person) => Promise<{ readonly samlResponse: string }>;
}

/** By which binding it speaks of logouts; `none` has no place for them. */
export type Logout = "redirect" | "post" | "none";

/** The provider; one is as another but for these. */
export function providerOf(encryptsFor: string | null, logout: Logout): samlify.IdentityProviderInstance {
  const binding = `urn:oasis:names:tc:SAML:2.0:bindings:HTTP-${logout === "post" ? "POST" : "Redirect"}`;
  return samlify.IdentityProvider({
    entityID: entityId,
    privateKey: testKey("idp.key"),
    signingCert: testKey("idp.crt"),
    isAssertionEncrypted: encryptsFor !== null,
    ...encryption,
    wantAuthnRequestsSigned: false,
    wantLogoutRequestSigned: true,
    wantLogoutResponseSigned: true,
    requestSignatureAlgorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    nameIDFormat: [persistent],
    singleSignOnService: [{ Binding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect", Location: ssoUrl }],
    // samlify warns on the console without one.
    singleLogoutService: [{ Binding: logout === "none" ? "urn:x-none" : binding, Location: `${ssoUrl}/out` }],
    loginResponseTemplate: {
      context: samlify.SamlLib.defaultLoginResponseTemplate.context,
      attributes: [
        {
          name: "email",
          nameFormat: "urn:oasis:names:tc:SAML:2.0:attrname-format:basic",
          valueXsiType: "xs:string",
          valueTag: "user.email",
        },
      ],
    },
  });
}

/**
 * @param signs the whole message, the assertion, or both
 * @param encryptsFor a certificate of ours
 */
export function samlIdp(
  urls: ConnectionUrls,
  signs: "message" | "assertion" | "both",
  encryptsFor: string | null = null,
  logout: Logout = "redirect",
): TestIdp {
  const provider = providerOf(encryptsFor, logout);
  const certificates = encryptsFor === null ? [] : [encryptsFor];
  const ours = spMetadata(urls, { certificates, requestsSigned: false });
  const us = samlify.ServiceProvider({
    // samlify signs what our metadata asks for, so a provider that signs the message alone reads metadata without it.
    metadata: signs === "message" ? ours.replace('WantAssertionsSigned="true"', 'WantAssertionsSigned="false"') : ours,
    wantMessageSigned: signs !== "assertion",
  });
  const answer = async (redirectUrl: string, person: Person) => {
    const query = Object.fromEntries(new URL(redirectUrl).searchParams);
    const { extract } = await provider.parseLoginRequest(us, "redirect", { query });
    const requestId = (extract as { request: { id: string } }).request.id;
    const fill = (template: string) => filled(template, requestId, urls, person);
    const { context } = await provider.createLoginResponse(
      us,
      { extract },
      "post",
      { ...person },
      fill,
      encryptsFor !== null,
    );
    return { samlResponse: context };
  };
  return { metadata: provider.getMetadata(), answer };
}

function filled(template: string, requestId: string, urls: ConnectionUrls, person: Person) {
  const now = Date.now();
  const [issued, until] = [new Date(now).toISOString(), new Date(now + 5 * 60_000).toISOString()];
  const id = `_${crypto.randomUUID()}`;
  const authenticated = person.authenticatedAt?.toISOString() ?? issued;
  const session = person.session === undefined ? "" : ` SessionIndex="${person.session}"`;
  const values: Record<string, string> = {
    ID: id,
    AssertionID: `_${crypto.randomUUID()}`,
    Destination: urls.acsUrl,
    Audience: urls.spEntityId,
    SubjectRecipient: urls.acsUrl,
    AssertionConsumerServiceURL: urls.acsUrl,
    EntityID: urls.spEntityId,
    Issuer: entityId,
    IssueInstant: issued,
    StatusCode: "urn:oasis:names:tc:SAML:2.0:status:Success",
    ConditionsNotBefore: issued,
    ConditionsNotOnOrAfter: until,
    SubjectConfirmationDataNotOnOrAfter: until,
    NameIDFormat: persistent,
    NameID: person.nameId,
    InResponseTo: requestId,
    AuthnStatement: `<saml:AuthnStatement AuthnInstant="${authenticated}"${session}><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`,
    attrUserEmail: person.email,
  };
  // AuthnStatement is markup, which samlify would escape.
  const marked = template.replace("{AuthnStatement}", values["AuthnStatement"] ?? "");
  return { id, context: samlify.SamlLib.replaceTagsByValue(marked, values) };
}
