import type { Router } from "express";
import { apiKeys } from "./apiKeys.ts";
import { contact } from "./contact.ts";
import { connectionKeys } from "./connectionKeys.ts";
import { connectionPresets } from "./connectionPresets.ts";
import { connections } from "./connections.ts";
import { connectionTests } from "./connectionTests.ts";
import { devices } from "./devices.ts";
import { directories } from "./directories.ts";
import { domains } from "./domains.ts";
import { events } from "./events.ts";
import { grants } from "./grants.ts";
import { joinRequests } from "./joinRequests.ts";
import { memberBulk } from "./memberBulk.ts";
import { memberFactors } from "./memberFactors.ts";
import { members } from "./members.ts";
import { passwordResets } from "./passwordResets.ts";
import { permissionAreas } from "./permissionAreas.ts";
import { plans } from "./plans.ts";
import { profile } from "./profile.ts";
import { provisioningLog } from "./provisioningLog.ts";
import { registrations } from "./registrations.ts";
import type { Resource } from "./route.ts";
import { type AdminOptions, adminRouter } from "./router.ts";
import { roles } from "./roles.ts";
import { roleTemplates } from "./roleTemplates.ts";
import { roleMappings } from "./roleMappings.ts";
import { scimTokens } from "./scimTokens.ts";
import { seats } from "./seats.ts";
import { session } from "./session.ts";
import { sessionSecurity } from "./sessionSecurity.ts";
import { setupLinks } from "./setupLinks.ts";
import { setupRequests } from "./setupRequests.ts";
import { sessionAccount } from "./sessionAccount.ts";
import { signIns } from "./signIns.ts";
import { teams } from "./teams.ts";
import { tenants } from "./tenants.ts";
import { webhooks } from "./webhooks.ts";

/** Everything that the API offers, in the order of its document. */
export const resources: readonly Resource[] = [
  session,
  profile,
  sessionSecurity,
  passwordResets,
  devices,
  sessionAccount,
  tenants,
  plans,
  seats,
  memberBulk,
  members,
  memberFactors,
  teams,
  contact,
  signIns,
  directories,
  scimTokens,
  provisioningLog,
  apiKeys,
  permissionAreas,
  roles,
  roleTemplates,
  grants,
  roleMappings,
  domains,
  joinRequests,
  registrations,
  connections,
  connectionPresets,
  connectionKeys,
  connectionTests,
  setupLinks,
  setupRequests,
  events,
  webhooks,
];

/** The admin API, for `/api/v1`. */
export function adminSurface(options: AdminOptions): Router {
  return adminRouter(resources, options);
}
