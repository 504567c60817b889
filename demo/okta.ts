/** A directory that pushes in Okta's manner: looks each one up, then creates; PATCH without a path to deactivate. */
import { type Directory, type Found, type Resource, schemas } from "./directory.ts";
import type { Call } from "./usher.ts";

/** @param scim calls below the SCIM base with the directory's token */
export function oktaDirectory(scim: Call): Directory {
  const isUnknown = async (type: string, filter: string): Promise<void> => {
    const path = `/${type}?filter=${encodeURIComponent(filter)}&startIndex=1&count=100`;
    const { totalResults } = await scim<Found>("GET", path);
    if (totalResults !== 0) throw new Error(`${filter} is there already`);
  };
  return {
    pushPerson: async (person) => {
      const { givenName, familyName, email } = person;
      await isUnknown("Users", `userName eq "${email}"`);
      const { id } = await scim<Resource>("POST", "/Users", {
        schemas: [schemas.user],
        userName: email,
        name: { givenName, familyName },
        emails: [{ primary: true, value: email, type: "work" }],
        displayName: `${givenName} ${familyName}`,
        locale: "en-US",
        externalId: `00u-demo-${givenName.toLowerCase()}`,
        groups: [],
        active: true,
      });
      return { ...person, id };
    },
    pushGroup: async (displayName, members) => {
      await isUnknown("Groups", `displayName eq "${displayName}"`);
      const group = { schemas: [schemas.group], displayName, members: [] };
      const { id } = await scim<Resource>("POST", "/Groups", group);
      const value = members.map((each) => ({ value: each.id, display: each.email }));
      await scim("PATCH", `/Groups/${id}`, {
        schemas: [schemas.patch],
        Operations: [{ op: "add", path: "members", value }],
      });
      return (await scim<Resource>("GET", `/Groups/${id}`)).members?.length ?? 0;
    },
    deactivate: async ({ id }) => {
      const Operations = [{ op: "replace", value: { active: false } }];
      await scim("PATCH", `/Users/${id}`, { schemas: [schemas.patch], Operations });
    },
  };
}
