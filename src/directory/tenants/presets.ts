/**
 * Ways in which products hold their seats, as data: what a tenant that is made by one begins with. Afterwards everything is
 * the tenant's own to change; nothing remembers where it came from but the first line of its journal.
 */
import type { Role } from "../../admission/types.ts";
import type { DeclaredAreas } from "../roles/permissionAreas.ts";
import type { SettingsChange } from "./tenantSettings.ts";

/** What a tenant begins with. */
export interface Preset {
  /** What it is like to live by it. */
  readonly description: string;
  /** In place of the plan's, where the call names none of its own: null = unlimited; absent = the plan's. */
  readonly seatLimit?: null;
  readonly settings: SettingsChange;
  /** Roles and templates, each behind the one that it extends. */
  readonly roles: readonly Role[];
  /** What the roles, and permissions given by hand, are made of; declared for all tenants where it is missing. */
  readonly permissionAreas: DeclaredAreas;
}

/** Nobody comes in without a seat. */
const refuseEverywhere = {
  admin: "refuse",
  invitation: "refuse",
  csv: "refuse",
  link: "refuse",
  domain: "refuse",
  sso: "refuse",
  scim: "refuse",
} as const;

const analytics = { name: "Analytics", actions: ["view", "export"], scoped: false };
const crm = { name: "CRM", actions: ["view", "edit"], scoped: false };

function role(slug: string, name: string, permissions: readonly string[], parent: string | null = null): Role {
  return { slug, name, permissions, extends: parent, seatRequired: true, template: false };
}

function template(slug: string, name: string, permissions: readonly string[]): Role {
  return { slug, name, permissions, extends: null, seatRequired: false, template: true };
}

export const presets = {
  "seat-per-active-user": {
    description:
      "Each active user is a seat. Admins make accounts at once, with a temporary password; who is suspended frees the " +
      "seat, and comes back where one is free. Without a free seat every door refuses.",
    settings: {
      seats: { countedStatuses: ["active"], whenFull: refuseEverywhere, seatedRole: "agent" },
      invitations: { credential: "temporaryPassword" },
    },
    roles: [
      role("agent", "Agent", ["calls:take", "chats:take", "projects:view"]),
      role("supervisor", "Supervisor", ["dialler:manage", "projects:edit", "quality:manage"], "agent"),
    ],
    permissionAreas: {
      billing: { name: "Billing", actions: ["view", "manage"], scoped: false },
      calls: { name: "Calls", actions: ["take"], scoped: false },
      chats: { name: "Chats", actions: ["take"], scoped: false },
      dialler: { name: "Dialler", actions: ["use", "manage"], scoped: false },
      projects: { name: "Projects", actions: ["view", "create", "edit", "delete", "manage"], scoped: false },
      quality: { name: "Quality", actions: ["view", "manage"], scoped: false },
    },
  },
  "seat-per-entry": {
    description:
      "Each entry in the list of users is a seat, from the invitation until it is deleted; suspension frees none. Users may " +
      "what their template and toggles give them. Without a free seat every door refuses.",
    settings: {
      seats: { countedStatuses: ["invited", "active", "suspended"], whenFull: refuseEverywhere, seatedRole: "user" },
    },
    roles: [
      role("user", "User", []),
      template("analyst", "Analyst", ["analytics:view", "analytics:export"]),
      template("conversation-desk", "Conversation desk", [
        "conversations:view",
        "conversations:create",
        "conversations:edit",
      ]),
    ],
    permissionAreas: {
      analytics,
      conversations: { name: "Conversations", actions: ["view", "create", "edit", "delete", "manage"], scoped: false },
      crm,
      experiments: { name: "Experiments", actions: ["view", "create", "edit", "delete", "manage"], scoped: false },
      integrations: { name: "Integrations", actions: ["view", "create", "edit", "delete", "manage"], scoped: false },
    },
  },
  "seat-from-invitation": {
    description:
      "Who is invited holds a seat until the invitation lapses, and who is active keeps it; deactivation frees it. Agents " +
      "work, viewers look and take no seat. Without a free seat every door refuses.",
    settings: {
      seats: { countedStatuses: ["invited", "active"], whenFull: refuseEverywhere, seatedRole: "agent" },
      invitations: { ttlDays: 7, credential: "link" },
    },
    roles: [role("agent", "Agent", ["tickets:view", "tickets:edit", "macros:use"])],
    permissionAreas: {
      analytics,
      data: { name: "Data", actions: ["export"], scoped: false },
      macros: { name: "Macros", actions: ["use", "manage"], scoped: false },
      tickets: { name: "Tickets", actions: ["view", "viewAll", "edit", "delete"], scoped: false },
    },
  },
  "seat-by-role": {
    description:
      "Admins and members take a seat, viewers none. Whoever joins by invitation, link, domain or sign-in while all seats " +
      "are taken joins as a viewer; an admin's own grant is refused then.",
    settings: {
      seats: {
        countedStatuses: ["active"],
        autoAssign: true,
        whenFull: {
          admin: "refuse",
          invitation: "downgrade",
          csv: "downgrade",
          link: "downgrade",
          domain: "downgrade",
          sso: "downgrade",
          scim: "downgrade",
        },
        seatedRole: "member",
        fallbackRole: "viewer",
      },
    },
    roles: [],
    permissionAreas: {},
  },
  "no-seats": {
    description:
      "Nothing is sold by the seat. Admins make accounts at once, with mail or without, and give each permissions and " +
      "single agents; the address stays, and who is removed is erased. Passwords of six characters are taken, which is as " +
      "few as Usher allows.",
    seatLimit: null,
    settings: {
      seats: { seatedRole: "teammate", fallbackRole: "teammate" },
      signIn: { passwordMinLength: 6 },
      members: { emailEditable: false, removal: "erase" },
    },
    roles: [{ ...role("teammate", "Teammate", []), seatRequired: false }],
    permissionAreas: {
      agents: { name: "Agents", actions: ["view", "edit", "manage"], scoped: true },
      crm,
      editor: { name: "Advanced editor", actions: ["use"], scoped: false },
      recordings: { name: "Recordings", actions: ["view"], scoped: false },
      usage: { name: "Billable minutes", actions: ["view"], scoped: false },
    },
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;

/** Their names, for schemas and pages. */
export const presetNames = Object.keys(presets) as readonly PresetName[];

/** What a tenant begins with by a preset; with nothing where none is named. */
export function beginning(name: PresetName | null): Omit<Preset, "description"> {
  return name === null ? { settings: {}, roles: [], permissionAreas: {} } : presets[name];
}
