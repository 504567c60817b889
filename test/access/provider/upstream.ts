/** A tenant whose people come from an identity provider of their own. */
import assert from "node:assert/strict";
import { connectionUrls } from "../../../src/directory/connections/connectionsForSignIn.ts";
import { samlIdp, type TestIdp } from "../../support/samlIdp.ts";
import { api, server } from "../place.ts";

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
