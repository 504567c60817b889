import type { Router } from "express";
import { apiKeys } from "./apiKeys.ts";
import { connectionKeys } from "./connectionKeys.ts";
import { connections } from "./connections.ts";
import { connectionTests } from "./connectionTests.ts";
import { directories } from "./directories.ts";
import { domains } from "./domains.ts";
import { events } from "./events.ts";
import { joinRequests } from "./joinRequests.ts";
import { members } from "./members.ts";
import { plans } from "./plans.ts";
import { provisioningLog } from "./provisioningLog.ts";
import { registrations } from "./registrations.ts";
import type { Resource } from "./route.ts";
import { type AdminOptions, adminRouter } from "./router.ts";
import { roleMappings } from "./roleMappings.ts";
import { scimTokens } from "./scimTokens.ts";
import { seats } from "./seats.ts";
import { session } from "./session.ts";
import { signIns } from "./signIns.ts";
import { tenants } from "./tenants.ts";
import { webhooks } from "./webhooks.ts";

/** Everything that the API offers, in the order of its document. */
export const resources: readonly Resource[] = [
  session,
  tenants,
  plans,
  seats,
  members,
  signIns,
  directories,
  scimTokens,
  provisioningLog,
  apiKeys,
  roleMappings,
  domains,
  joinRequests,
  registrations,
  connections,
  connectionKeys,
  connectionTests,
  events,
  webhooks,
];

/** The admin API, for `/api/v1`. */
export function adminSurface(options: AdminOptions): Router {
  return adminRouter(resources, options);
}
