/** Members as the document shows them. */
import { MAX_PASSWORD_LENGTH } from "../directory/accounts/passwords.ts";
import type { Schema } from "./route.ts";
import { arrayOf, boolean, id, instant, nullable, object, record, ref, text } from "./schemas.ts";

export const statuses = ["invited", "active", "suspended"] as const;
export const entrances = ["scim", "sso", "invitation", "link", "domain", "csv", "admin"] as const;
const seatStates = ["held", "waiting", "none"] as const;

/** Text of several lines; PostgreSQL stores all but U+0000. */
export const NO_NUL = "^[^\\u0000]*$";

/** A line of text: something to see in it, no control characters. */
export function line(maxLength: number): Schema {
  return {
    type: "string",
    minLength: 1,
    maxLength,
    pattern: "^[^\\u0000-\\u001f\\u007f]*[^\\s\\u0000-\\u001f\\u007f][^\\u0000-\\u001f\\u007f]*$",
  };
}

export const personName: Schema = {
  ...object({ givenName: line(100), familyName: line(100) }),
  minProperties: 1,
};
export const email: Schema = {
  type: "string",
  maxLength: 320,
  description: "Kept with its domain in lower case and ASCII.",
};
export const avatarUrl: Schema = { type: "string", maxLength: 2000, pattern: "^https://[^\\s]+$" };
const roles: Schema = arrayOf({ type: "string", maxLength: 64 }, { minItems: 1, maxItems: 50, uniqueItems: true });
const password: Schema = {
  type: "string",
  maxLength: MAX_PASSWORD_LENGTH,
  description:
    "At least the tenant's `signIn.passwordMinLength` characters; good in this tenant only, and never shown.",
};

/** What a member prefers. */
export const preferenceFields = {
  locale: {
    type: ["string", "null"],
    maxLength: 35,
    pattern: "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
    description: "Language tag (RFC 5646); null = the directory's, else the tenant's.",
  },
  theme: { type: "string", enum: ["system", "light", "dark"] },
  notifications: {
    type: "object",
    maxProperties: 50,
    propertyNames: { pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,63}$" },
    additionalProperties: { type: "boolean" },
    description: "By names that applications agree on; a change merges.",
  },
  signature: {
    type: ["string", "null"],
    maxLength: 2000,
    pattern: NO_NUL,
    description: "Plain text; whoever shows it escapes it.",
  },
} as const;

export const memberSchemas: Readonly<Record<string, Schema>> = {
  Member: record({
    id,
    email: nullable(text),
    emailVerified: { ...boolean, description: "Whether the person has proven that the mailbox is theirs." },
    name: record({ givenName: nullable(text), familyName: nullable(text) }),
    displayName: text,
    jobTitle: nullable(text),
    avatarUrl: nullable(text),
    status: { type: "string", enum: statuses },
    hold: { type: "boolean", description: "An admin has suspended the member; no directory lifts that." },
    breakGlass: { type: "boolean", description: "Emergency access: takes no seat, and directories do not see it." },
    directory: {
      description: "The directory that manages the member; null for who is managed here.",
      anyOf: [record({ id, name: text }), { type: "null" }],
    },
    roles: { ...arrayOf(text), description: "In force." },
    entitledRoles: { ...arrayOf(text), description: "What grants, mappings and defaults give; some may need a seat." },
    permissions: {
      ...arrayOf(text),
      description: "Of the roles in force, and given by hand; behind an `@` stands the one resource that it is for.",
    },
    teams: { ...arrayOf(record({ id, name: text })), description: "By hand, or by a directory group." },
    seat: { type: "string", enum: seatStates },
    entrance: { type: "string", enum: entrances },
    lastSignInAt: nullable(instant),
    createdAt: instant,
    preferences: ref("Preferences"),
  }),
  Preferences: record(preferenceFields),
  NewMember: object(
    {
      email,
      name: personName,
      roles: { ...roles, description: "Left out: what the tenant's settings give newcomers." },
      password,
      sendEmail: {
        type: "boolean",
        description: "Tells them by mail where to sign in; never the password. No unless said.",
      },
      jobTitle: line(200),
    },
    ["email", "name"],
  ),
  MemberEdit: object({
    name: { ...personName, description: "A part that is left out stays." },
    jobTitle: nullable(line(200)),
    email,
    avatarUrl: nullable(avatarUrl),
    roles: { ...roles, description: "The whole list; a role that a mapping gives cannot be left out." },
    hold: { type: "boolean", description: "True suspends; false releases and asks for a seat." },
    reassignTo: { ...id, description: "With `hold` true: the member who is to take over what they leave behind." },
    preferences: { ...object(preferenceFields), description: "What is left out stays." },
    teams: {
      ...arrayOf(
        { type: "string", minLength: 1, maxLength: 200, pattern: NO_NUL },
        { maxItems: 100, uniqueItems: true },
      ),
      description: "The whole list, by names or ids; a team that a directory group gives cannot be left out.",
    },
    breakGlass: {
      type: "boolean",
      description: "Emergency access, for at most five members that no directory manages.",
    },
    password,
  }),
  Explanation: record({
    status: { type: "string", enum: statuses },
    roles: arrayOf(text),
    seat: { type: "string", enum: seatStates },
    reasons: arrayOf({
      type: "object",
      description: "Why the status, the roles and last the seat; beside the words stand the facts, by the code.",
      required: ["code", "text"],
      properties: { code: text, text },
    }),
    permissions: arrayOf(
      record({
        permission: text,
        text,
        roles: { ...arrayOf(text), description: "Roles and templates in force that have it." },
        granted: { type: "boolean", description: "Given by hand." },
        inForce: { type: "boolean", description: "False for what waits until the member holds a seat." },
      }),
    ),
  }),
};
