/** Our own keys of a SAML connection, and how one follows another. */
import { addConnectionKey, removeConnectionKey } from "../directory/connections/connectionKeys.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import { id, instant, json, nothing, record, ref, text } from "./schemas.ts";

export const connectionKeys: Resource = {
  tag: "Connections",
  description:
    "Each SAML connection has a key of its own, made with it. Requests are signed with the oldest, assertions are " +
    "decrypted with any, and our metadata publishes all. To change it: make the next, let the identity provider read " +
    "our metadata again, then delete the oldest.",
  schemas: {
    ConnectionKey: record({ id, certificate: { ...text, description: "PEM, self-signed." }, expiresAt: instant }),
  },
  routes: [
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/connections/{id}/keys",
      operationId: "createConnectionKey",
      summary: "Make the key that is to follow; both are published and decrypt",
      permission: "connections:edit",
      responses: { 201: json("The key.", ref("ConnectionKey")) },
      handle: post,
    },
    {
      scope: "tenant",
      method: "DELETE",
      path: "/tenants/{t}/connections/{id}/keys/{keyId}",
      operationId: "deleteConnectionKey",
      summary: "Delete a key; nothing is signed or decrypted with it any more",
      permission: "connections:edit",
      responses: { 204: nothing },
      handle: remove,
    },
  ],
};

async function post(call: TenantCall): Promise<JsonAnswer> {
  return { status: 201, body: { ...(await addConnectionKey(call, call.who, call.params["id"] ?? "")) } };
}

async function remove(call: TenantCall): Promise<JsonAnswer> {
  await removeConnectionKey(call, call.who, call.params["id"] ?? "", call.params["keyId"] ?? "");
  return { status: 204 };
}
