/** A tenant whose people come from an identity provider of their own. */
import assert from "node:assert/strict";
import { connectionUrls } from "../../../src/directory/connections/connectionsForSignIn.ts";
import { samlIdp, type TestIdp } from "../../support/samlIdp.ts";
import { api, type Browser, type Seen, server } from "../place.ts";
import { follow } from "./relyingParty.ts";

/** Its one connection, enabled. */
export async function samlConnection(tenant: { readonly slug: string }): Promise<{ id: string; idp: TestIdp }> {
  const wanted = { protocol: "saml", provider: "custom", name: "Far", attributes: { email: "email" } };
  const made = await api("POST", `/tenants/${tenant.slug}/connections`, wanted);
  assert.equal(made.status, 201);
  const { id } = made.body as { id: string };
  const idp = samlIdp(connectionUrls(await server(), id), "both");
  const path = `/tenants/${tenant.slug}/connections/${id}`;
  assert.equal((await api("PATCH", path, { saml: { metadataXml: idp.metadata } })).status, 200);
  assert.equal((await api("PATCH", path, { status: "enabled", force: true })).status, 200);
  return { id, idp };
}

/** Goes to the identity provider, which says that it is Ana and when she showed it so (now unless given), and follows on. */
export async function bySaml(
  browser: Browser,
  tenant: { readonly domain: string },
  { id, idp }: Awaited<ReturnType<typeof samlConnection>>,
  start: string,
  authenticatedAt = new Date(),
): Promise<Seen & { url: string }> {
  const { url } = await follow(browser, start);
  const ana = { nameId: "ana-1", email: `ana@${tenant.domain}`, authenticatedAt };
  const { samlResponse } = await idp.answer(url, ana);
  const posted = await browser.post(`/sso/saml/${id}/acs`, { SAMLResponse: samlResponse }, true);
  return follow(browser, posted.location);
}
