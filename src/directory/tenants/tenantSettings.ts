/** The settings of a tenant: defaults, how a change merges, and what is shown. Only what was set is stored. */
import { defaultSeatPolicy, seatPolicy, type SeatSettings } from "../../admission/policy.ts";
import type { SeatPolicy } from "../../admission/types.ts";
import type { Language } from "../../mail/message.ts";

/** How many invitations may be mailed: a day, or ever. */
export type Quota = { readonly kind: "none" } | { readonly kind: "daily" | "total"; readonly max: number };

/** The settings in full. */
export interface TenantSettings {
  readonly seats: SeatPolicy;
  readonly invitations: {
    readonly ttlDays: number;
    readonly quota: Quota;
    readonly credential: "link" | "temporaryPassword";
  };
  readonly signIn: {
    readonly ssoRequired: "no" | "verifiedDomains" | "everyone";
    readonly provisioning: "auto" | "jit" | "preProvisioned" | "scim";
    readonly passwordMinLength: number;
    readonly sessionHours: number;
    readonly idleMinutes: number;
    /** How long the sign-in log keeps a try. */
    readonly logDays: number;
  };
  readonly members: {
    readonly emailEditable: boolean;
    readonly removal: "membership" | "erase";
    /** How long an application may take to say who took over from somebody who left; 0 = nothing waits for it. */
    readonly offboardingDays: number;
  };
  readonly mail: {
    /** For those whose own language is not known. */
    readonly language: Language;
  };
  readonly provisioningLog: { readonly retentionDays: number };
  /** Of what applications tell of members' work. */
  readonly activity: { readonly retentionDays: number };
}

/** Any part of the settings, as a request writes it and as it is stored; a null quota is the plan's. */
export interface SettingsChange {
  readonly seats?: SeatSettings;
  readonly invitations?: Partial<Omit<TenantSettings["invitations"], "quota">> & { readonly quota?: Quota | null };
  readonly signIn?: Partial<TenantSettings["signIn"]>;
  readonly members?: Partial<TenantSettings["members"]>;
  readonly mail?: Partial<TenantSettings["mail"]>;
  readonly provisioningLog?: Partial<TenantSettings["provisioningLog"]>;
  readonly activity?: Partial<TenantSettings["activity"]>;
}

/**
 * Seven days and twelve characters: the usual of comparable products; a working day without use ends a session; a month
 * of requests shows what a directory does once a week; a review each quarter finds the one before it.
 */
export const defaultSettings: TenantSettings = {
  seats: defaultSeatPolicy,
  invitations: { ttlDays: 7, quota: { kind: "none" }, credential: "link" },
  signIn: {
    ssoRequired: "no",
    provisioning: "auto",
    passwordMinLength: 12,
    sessionHours: 24,
    idleMinutes: 480,
    logDays: 90,
  },
  members: { emailEditable: true, removal: "membership", offboardingDays: 0 },
  mail: { language: "en" },
  provisioningLog: { retentionDays: 30 },
  activity: { retentionDays: 180 },
};

/** The parts that settings are made of. */
export const sectionNames = Object.keys(defaultSettings) as readonly (keyof TenantSettings)[];

/** What is stored after a change: sections merge field by field, `whenFull` door by door, lists and quota whole. */
export function mergeSettings(stored: SettingsChange, change: SettingsChange): SettingsChange {
  const whenFull = { ...stored.seats?.whenFull, ...change.seats?.whenFull };
  const sections: SettingsChange = {
    seats: { ...stored.seats, ...change.seats, ...(Object.keys(whenFull).length > 0 ? { whenFull } : {}) },
    invitations: { ...stored.invitations, ...change.invitations },
    signIn: { ...stored.signIn, ...change.signIn },
    members: { ...stored.members, ...change.members },
    mail: { ...stored.mail, ...change.mail },
    provisioningLog: { ...stored.provisioningLog, ...change.provisioningLog },
    activity: { ...stored.activity, ...change.activity },
  };
  return Object.fromEntries(Object.entries(sections).filter(([, section]) => Object.keys(section).length > 0));
}

/** The settings as they hold: what was set over the defaults, and the plan's quota where none was set. */
export function completeSettings(stored: SettingsChange, planQuota: Quota | null): TenantSettings {
  const { invitations, signIn, members, mail, provisioningLog, activity } = defaultSettings;
  const { quota, ...others } = stored.invitations ?? {};
  return {
    seats: seatPolicy(stored.seats),
    invitations: { ...invitations, ...others, quota: quota ?? planQuota ?? invitations.quota },
    signIn: { ...signIn, ...stored.signIn },
    members: { ...members, ...stored.members },
    mail: { ...mail, ...stored.mail },
    provisioningLog: { ...provisioningLog, ...stored.provisioningLog },
    activity: { ...activity, ...stored.activity },
  };
}
