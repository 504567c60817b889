/** The contact: whom the members of a tenant turn to. */
import { readContact, replaceContact } from "../directory/tenants/contact.ts";
import type { Contact } from "../directory/tenants/contact.store.ts";
import { line, NO_NUL } from "./memberSchemas.ts";
import type { Resource, TenantCall } from "./route.ts";
import { json, nullable, object, record, ref, text } from "./schemas.ts";

export const contact: Resource = {
  tag: "Contact",
  description: "Somebody of the organisation itself, as its help desk, whom all its members are shown.",
  schemas: {
    Contact: record({ name: nullable(text), email: nullable(text), phone: nullable(text), notes: nullable(text) }),
    NewContact: object({
      name: nullable(line(200)),
      email: nullable({ type: "string", format: "email", maxLength: 320 }),
      phone: nullable(line(50)),
      notes: nullable({ type: "string", maxLength: 2000, pattern: NO_NUL }),
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/contact",
      operationId: "getContact",
      summary: "Read the contact, as every signed-in member may",
      permission: "contact:view",
      members: true,
      responses: { 200: json("The contact; all null before there is one.", ref("Contact")) },
      handle: async ({ db, who }) => ({ status: 200, body: await readContact(db, who) }),
    },
    {
      scope: "tenant",
      method: "PUT",
      path: "/tenants/{t}/contact",
      operationId: "replaceContact",
      summary: "Replace the contact; what is left out is told no more",
      permission: "contact:edit",
      body: ref("NewContact"),
      responses: { 200: json("The contact.", ref("Contact")) },
      handle: async ({ db, who, body }: TenantCall<unknown, Partial<Contact>>) => {
        return { status: 200, body: await replaceContact(db, who, body) };
      },
    },
  ],
};
