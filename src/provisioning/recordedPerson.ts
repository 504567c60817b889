/** Whom a request is about, as the provisioning log is searched. */
import { isUuid } from "../base/ids.ts";
import { externalKey, noPerson, personKey, type PersonKeys } from "../directory/provisioningLog/provisioningLine.ts";
import type { Filter } from "../scim/filter.ts";

/** Whom a filter asks for by name, address or external id: where it asks for several, for the last. */
export function personAsked(filter: Filter, person: PersonKeys, within = ""): PersonKeys {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.terms.reduce((all, term) => personAsked(term, all, within), person);
    case "not":
      return personAsked(filter.filter, person, within);
    case "valuePath":
      return personAsked(filter.filter, person, filter.path.name);
    case "present":
      return person;
    case "compare":
      return withKey(person, within || filter.path.name, within === "" || filter.path.name === "value", filter.value);
  }
}

function withKey(person: PersonKeys, attribute: string, isValue: boolean, value: unknown): PersonKeys {
  switch (attribute.toLowerCase()) {
    case "username":
      return { ...person, userNameKey: personKey(value) };
    case "externalid":
      return { ...person, externalId: externalKey(value) };
    case "emails":
      return isValue ? { ...person, emailKey: personKey(value) } : person;
    default:
      return person;
  }
}

/** Who is pushed by the body of a POST or PUT, before it is known whether it is fit to be. */
export function personIn(body: unknown): PersonKeys {
  if (typeof body !== "object" || body === null) return noPerson;
  const userNameKey = personKey(named(body, "userName"));
  const emailKey = personKey(addressIn(named(body, "emails")));
  return {
    userNameKey,
    // Most directories take the address for the user name: one entry in one index then says it.
    emailKey: emailKey === userNameKey ? null : emailKey,
    externalId: externalKey(named(body, "externalId")),
  };
}

/** Attribute names are case insensitive (RFC 7643 §2.1), and nearly everybody writes them as the schema does. */
function named(body: object, name: string): unknown {
  const written = Object.hasOwn(body, name)
    ? name
    : Object.keys(body).find((each) => each.toLowerCase() === name.toLowerCase());
  return written === undefined ? undefined : (body as Readonly<Record<string, unknown>>)[written];
}

function addressIn(emails: unknown): unknown {
  const all: readonly unknown[] = Array.isArray(emails) ? emails : [emails];
  const given = all.filter((each): each is { value?: unknown; primary?: unknown } => isObject(each));
  return (given.find(({ primary }) => primary === true) ?? given[0])?.value;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** Who sends something else than our ids in a path means it as one. */
export function personInPath(path: string): PersonKeys {
  const [, endpoint = "", id] = path.split("/");
  const means = endpoint.toLowerCase() === "users" && id !== undefined && id !== ".search" && !isUuid(id);
  return means ? { ...noPerson, externalId: externalKey(decoded(id)) } : noPerson;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
