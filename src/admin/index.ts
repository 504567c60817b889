import type { Router } from "express";
import { accessReview } from "./accessReview.ts";
import { activity } from "./activity.ts";
import { apiKeys } from "./apiKeys.ts";
import { applications } from "./applications.ts";
import { contact } from "./contact.ts";
import { connectionKeys } from "./connectionKeys.ts";
import { connectionPresets } from "./connectionPresets.ts";
import { connections } from "./connections.ts";
import { connectionTests } from "./connectionTests.ts";
import { deletedTenants } from "./deletedTenants.ts";
import { devices } from "./devices.ts";
import { directories } from "./directories.ts";
import { domains } from "./domains.ts";
import { events } from "./events.ts";
import { grants } from "./grants.ts";
import { imports } from "./imports.ts";
import { invitations } from "./invitations.ts";
import { inviteLinks } from "./inviteLinks.ts";
import { joinRequests } from "./joinRequests.ts";
import { memberBulk } from "./memberBulk.ts";
import { memberFactors } from "./memberFactors.ts";
import { machineCredentials } from "./machineCredentials.ts";
import { members } from "./members.ts";
import { offboardings } from "./offboardings.ts";
import { passwordResets } from "./passwordResets.ts";
import { permissionAreas } from "./permissionAreas.ts";
import { plans } from "./plans.ts";
import { presets } from "./presets.ts";
import { profile } from "./profile.ts";
import { provisioningLog } from "./provisioningLog.ts";
import { registrations } from "./registrations.ts";
import { reconciliations } from "./reconciliations.ts";
import { revocationCredentials } from "./revocationCredentials.ts";
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
  deletedTenants,
  plans,
  applications,
  presets,
  seats,
  memberBulk,
  imports,
  invitations,
  inviteLinks,
  members,
  memberFactors,
  offboardings,
  teams,
  contact,
  signIns,
  activity,
  accessReview,
  directories,
  scimTokens,
  machineCredentials,
  provisioningLog,
  apiKeys,
  permissionAreas,
  roles,
  roleTemplates,
  grants,
  roleMappings,
  reconciliations,
  domains,
  joinRequests,
  registrations,
  connections,
  connectionPresets,
  connectionKeys,
  connectionTests,
  revocationCredentials,
  setupLinks,
  setupRequests,
  events,
  webhooks,
];

/** The admin API, for `/api/v1`. */
export function adminSurface(options: AdminOptions): Router {
  return adminRouter(resources, options);
}
