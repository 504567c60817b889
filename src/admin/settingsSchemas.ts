/** The settings of a tenant as schemas: in full as they are shown, in parts as they are written. */
import { doors } from "../admission/types.ts";
import { defaultSettings } from "../directory/tenants/tenantSettings.ts";
import { languages } from "../mail/message.ts";
import type { Schema } from "./route.ts";
import { boolean, nullable, object, record } from "./schemas.ts";

type Fields = Readonly<Record<string, Schema>>;

function oneOf(...values: readonly string[]): Schema {
  return { type: "string", enum: values };
}

function whole(minimum: number, maximum: number, description: string): Schema {
  return { type: "integer", minimum, maximum, description };
}

const role: Schema = { type: "string", minLength: 1, maxLength: 63, description: "Slug of a role of this tenant." };

/** How many invitations may be mailed. */
export const quota: Schema = {
  oneOf: [
    object({ kind: { const: "none", type: "string" } }, ["kind"]),
    object({ kind: oneOf("daily", "total"), max: whole(0, 1_000_000, "Invitations a day, or ever.") }, ["kind", "max"]),
  ],
};

const whenFull = Object.fromEntries(doors.map((door) => [door, oneOf("refuse", "downgrade", "waitlist")]));

const sections: Readonly<Record<keyof typeof defaultSettings, Fields>> = {
  seats: {
    countedStatuses: { type: "array", items: oneOf("invited", "active", "suspended"), minItems: 1, uniqueItems: true },
    autoAssign: boolean,
    whenFull: { type: "object" },
    seatedRole: role,
    fallbackRole: role,
  },
  invitations: {
    // Thirty days: the longest of comparable products. A link lies in a mailbox meanwhile.
    ttlDays: whole(1, 30, "Days until an invitation expires."),
    quota,
    credential: oneOf("link", "temporaryPassword"),
  },
  signIn: {
    ssoRequired: oneOf("no", "verifiedDomains", "everyone"),
    provisioning: oneOf("auto", "jit", "preProvisioned", "scim"),
    passwordMinLength: whole(6, 128, "Characters."),
    sessionHours: whole(1, 8760, "Hours until a session ends, used or not; a year at most."),
    idleMinutes: whole(1, 525_600, "Minutes without use until a session ends; a year at most."),
    logDays: whole(1, 400, "Days until a line of the sign-in log is deleted; a year and a month at most."),
  },
  members: {
    emailEditable: boolean,
    removal: oneOf("membership", "erase"),
    // A quarter of a year: what a court or a works council may want of a handover, and no archive.
    offboardingDays: whole(
      0,
      90,
      "Days in which an application may say who took over from somebody who left, for which an erasure waits; 0 = none.",
    ),
  },
  mail: {
    language: { ...oneOf(...languages), description: "For those whose own language is not known (RFC 7643 §4.1.1)." },
  },
  provisioningLog: {
    retentionDays: whole(1, 400, "Days until a line of the provisioning log is deleted; a year and a month at most."),
  },
  activity: {
    retentionDays: whole(
      1,
      800,
      "Days until what applications told of members is deleted; two years and some at most.",
    ),
  },
};

/** Settings as they are shown: every field. */
export const settings: Schema = record({
  seats: record({ ...sections.seats, whenFull: record(whenFull) }),
  invitations: record(sections.invitations),
  signIn: record(sections.signIn),
  members: record(sections.members),
  mail: record(sections.mail),
  provisioningLog: record(sections.provisioningLog),
  activity: record(sections.activity),
});

/** Settings as they are written: any part, each with the default that holds where nothing was ever set. */
export const settingsChange: Schema = object({
  seats: written("seats", {
    ...sections.seats,
    whenFull: object(withDefaults(whenFull, defaultSettings.seats.whenFull)),
  }),
  invitations: written("invitations", {
    ...sections.invitations,
    quota: { ...nullable(quota), description: "Null = the plan's." },
  }),
  signIn: written("signIn", sections.signIn),
  members: written("members", sections.members),
  mail: written("mail", sections.mail),
  provisioningLog: written("provisioningLog", sections.provisioningLog),
  activity: written("activity", sections.activity),
});

function written(section: keyof typeof defaultSettings, fields: Fields): Schema {
  return object(withDefaults(fields, defaultSettings[section]));
}

function withDefaults(fields: Fields, defaults: object): Fields {
  const known = defaults as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      // Those that are made of parts tell the defaults of the parts, and a quota's is the plan's.
      known[name] === undefined || name === "whenFull" || name === "quota" ? field : { ...field, default: known[name] },
    ]),
  );
}
