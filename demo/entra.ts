/** A directory that pushes in Entra ID's manner: nulls for what it lacks, capitals in `op`, booleans as strings. */
import { randomUUID } from "node:crypto";
import { type Directory, type Found, type Resource, schemas } from "./directory.ts";
import type { Call } from "./usher.ts";

/** Entra ID still sends this beside the RFC's schema of a group. */
const OLD_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

/** @param scim calls below the SCIM base with the directory's token */
export function entraDirectory(scim: Call): Directory {
  const isUnknown = async (path: string, filter: string): Promise<void> => {
    const { totalResults } = await scim<Found>("GET", `${path}${new URLSearchParams({ filter })}`);
    if (totalResults !== 0) throw new Error(`${filter} is there already`);
  };
  return {
    pushPerson: async (person) => {
      const { givenName, familyName, email } = person;
      await isUnknown("/Users?", `userName eq "${email}"`);
      const { id } = await scim<Resource>("POST", "/Users", {
        schemas: [schemas.user, schemas.enterprise],
        externalId: randomUUID(),
        userName: email,
        active: true,
        addresses: null,
        displayName: null,
        emails: [{ primary: true, type: "work", value: email }],
        meta: { resourceType: "User" },
        name: { formatted: `${givenName} ${familyName}`, familyName, givenName },
        phoneNumbers: null,
        roles: [],
      });
      return { ...person, id };
    },
    pushGroup: async (displayName, members) => {
      await isUnknown("/Groups?excludedAttributes=members&", `displayName eq "${displayName}"`);
      const { id } = await scim<Resource>("POST", "/Groups", {
        schemas: [schemas.group, OLD_GROUP],
        externalId: randomUUID(),
        displayName,
        meta: { resourceType: "Group" },
      });
      const value = members.map((each) => ({ $ref: null, value: each.id }));
      await scim("PATCH", `/Groups/${id}`, {
        schemas: [schemas.patch],
        Operations: [{ op: "Add", path: "members", value }],
      });
      return (await scim<Resource>("GET", `/Groups/${id}`)).members?.length ?? 0;
    },
    deactivate: async ({ id }) => {
      const Operations = [{ op: "Replace", path: "active", value: "False" }];
      await scim("PATCH", `/Users/${id}`, { schemas: [schemas.patch], Operations });
    },
  };
}
