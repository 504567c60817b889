/** Rule 16 over time: an invitation or link gives what its maker may give, and only as long as they may. */
import { effectivePermissions } from "../../admission/effectivePermissions.ts";
import { mayGrant } from "../../admission/permissions.ts";
import { comesTo } from "../../admission/roles.ts";
import type { RoleCatalogue } from "../../admission/types.ts";
import type { Scope, Who } from "../../storage/types.ts";
import { type Creator, creatorHolds } from "./invitations.store.ts";

/** Who makes it, as it is kept beside it. */
export function creatorOf({ actor }: Pick<Who, "actor">): Creator {
  const { type, id = null } = actor;
  if (type === "operator") return { creatorType: type, creatorId: null };
  if (type === "member" || type === "api_key") return { creatorType: type, creatorId: id };
  throw new Error(`an invitation made by ${type}`);
}

/**
 * Whether its maker could give these roles now: not suspended, removed, of less rights, or a key that was revoked.
 *
 * @param beside permissions that come with them
 */
export async function isBacked(
  { trx, tenantId, now }: Scope,
  catalogue: RoleCatalogue,
  creator: Creator,
  roles: readonly string[],
  beside: readonly string[] = [],
): Promise<boolean> {
  if (creator.creatorType === "operator") return true;
  const [holds] = await trx.run(creatorHolds(tenantId, creator, now));
  if (holds === undefined) return false;
  return mayGrant(effectivePermissions(catalogue, holds), [
    ...roles.flatMap((slug) => comesTo(catalogue, slug)),
    ...beside,
  ]);
}
