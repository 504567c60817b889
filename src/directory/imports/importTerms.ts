import { permits } from "../../admission/permissions.ts";
import type { RoleCatalogue } from "../../admission/types.ts";
import { fold } from "../../base/fold.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import type { Invitee } from "../invitations/invite.ts";
import type { AdminWho } from "../members/adminMembers.ts";
import { teamsNamed } from "../teams/teams.store.ts";
import type { ImportRow } from "./importFile.ts";
import { readRows, type ReadRow } from "./importRows.ts";

/** Reads the rows of a file by what the tenant has and who imports may give. */
export async function readByTerms(
  db: Database,
  who: AdminWho,
  roles: RoleCatalogue,
  file: readonly ImportRow[],
): Promise<ReadRow[]> {
  const called = [...new Set(file.map(({ cells }) => fold(cells.team)).filter((key) => key !== ""))];
  const [found] = await onceInTenant(db, who, teamsNamed(who.tenantId, called));
  const teams = new Map(found.map(({ key, id }) => [key, id]));
  const held = who.permissions;
  return readRows(file, { roles, held, teams: permits(held, "teams:edit") ? teams : null });
}

/** Whom a row asks to invite; its team by id, so that a renamed one is the same. */
export function inviteeOf({
  cells,
  roles,
  teamId,
}: Pick<ReadRow, "roles" | "teamId"> & { cells: Partial<ReadRow["cells"]> }): Invitee {
  const { email = "", firstName = "", lastName = "" } = cells;
  const name = { ...(firstName && { givenName: firstName }), ...(lastName && { familyName: lastName }) };
  return {
    email,
    ...(Object.keys(name).length > 0 && { name }),
    ...(roles.length > 0 && { roles }),
    ...(teamId !== null && { team: teamId }),
  };
}
