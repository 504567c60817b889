/** The people of the bench, as Okta pushes them with its usual profile mappings and the enterprise extension. */

const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/** The user name of a person by the one name that also stands in their externalId and addresses. */
export function userNameOf(name: string): string {
  return `${name}@example.com`;
}

/** A person's whole User resource, about 1.2 kB. */
export function person(name: string): object {
  const userName = userNameOf(name);
  return {
    schemas: [CORE, ENTERPRISE],
    userName,
    externalId: `00u-${name}`,
    name: { givenName: "Barbara", familyName: "Jensen", formatted: "Barbara Jensen" },
    displayName: "Barbara Jensen",
    nickName: "Babs",
    title: "Tour Guide",
    userType: "Employee",
    preferredLanguage: "en-US",
    locale: "en-US",
    timezone: "America/Los_Angeles",
    active: true,
    emails: [
      { value: userName, type: "work", primary: true },
      { value: `${name}@home.example.org`, type: "home" },
    ],
    phoneNumbers: [{ value: "+1 555 0100", type: "work", primary: true }],
    addresses: [
      {
        type: "work",
        streetAddress: "100 Universal City Plaza",
        locality: "Hollywood",
        region: "CA",
        postalCode: "91608",
        country: "US",
        primary: true,
      },
    ],
    [ENTERPRISE]: {
      employeeNumber: `E-${name}`,
      costCenter: "4130",
      organization: "Universal Studios",
      division: "Theme Park",
      department: "Tour Operations",
    },
  };
}

/** A filter on what no index knows: each person's employee number is their own. */
export function byEmployeeNumber(name: string): string {
  return `${ENTERPRISE}:employeeNumber eq "E-${name}"`;
}

/** The PATCH by which directories deactivate and reactivate (RFC 7644 §3.5.2.3). */
export function setActive(active: boolean): object {
  return { schemas: [PATCH_OP], Operations: [{ op: "replace", path: "active", value: active }] };
}

/** A group as directories create it: without members (RFC 7643 §4.2). */
export function group(displayName: string): object {
  return { schemas: [GROUP], displayName, externalId: `g-${displayName}` };
}

/** The PATCH by which directories add members (RFC 7644 §3.5.2.1). */
export function addMembers(ids: readonly string[]): object {
  const value = ids.map((id) => ({ value: id }));
  return { schemas: [PATCH_OP], Operations: [{ op: "add", path: "members", value }] };
}
