/** What identity providers say of themselves, and one that says it over HTTP on loopback. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

export const certificate = readFileSync(new URL("../saml/keys/idp.crt", import.meta.url), "utf8");
export const weakCertificate = readFileSync(new URL("../saml/keys/weak.crt", import.meta.url), "utf8");

export const samlFields = {
  entityId: "https://idp.example/entity",
  ssoUrl: "https://idp.example/sso",
  certificates: [certificate],
};

export const oidcFields = { issuer: "https://op.example", clientId: "usher", clientSecret: "a secret of the customer" };

/** A metadata document of one identity provider. */
export function metadata(entityId = samlFields.entityId): string {
  const base64 = certificate.replaceAll(/-----[^-]+-----|\s/g, "");
  return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}">
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing">
      <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">
        <ds:X509Data><ds:X509Certificate>${base64}</ds:X509Certificate></ds:X509Data>
      </ds:KeyInfo>
    </md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${samlFields.ssoUrl}"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>`;
}

/** Answers on loopback while the work lasts. */
export async function served<T>(listener: RequestListener, work: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
