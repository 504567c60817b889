/** The people of the bench, as Okta pushes them with its usual profile mappings and the enterprise extension. */

const CORE = "urn:ietf:params:scim:schemas:core:2.0:User";
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
      employeeNumber: "701984",
      costCenter: "4130",
      organization: "Universal Studios",
      division: "Theme Park",
      department: "Tour Operations",
    },
  };
}

/** The PATCH by which directories deactivate and reactivate (RFC 7644 §3.5.2.3). */
export function setActive(active: boolean): object {
  return { schemas: [PATCH_OP], Operations: [{ op: "replace", path: "active", value: active }] };
}
