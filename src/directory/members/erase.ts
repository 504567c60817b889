import type { Scope } from "../../storage/types.ts";
import { forgetJoinRequests, forgetSignIns, isErasing } from "./erase.store.ts";
import type { Member } from "./member.ts";
import { forgetPerson } from "../provisioningLog/provisioningLog.store.ts";

/**
 * Forgets a member who is being removed, where the tenant wants that (`members.removal` is `erase`): their row goes
 * anyway, and here what logs know of the person. The journal holds ids, types and names of attributes, and no personal
 * value to blank; the tombstone keeps the address, for rule 22 compares with it.
 */
export async function eraseIfWanted({ trx, tenantId }: Scope, member: Member): Promise<void> {
  const [policy] = await trx.run(isErasing(tenantId));
  if (!policy?.erase) return;
  const { id, userNameKey, emailKey, moreEmailKeys, externalId } = member;
  const keys = [userNameKey, ...(emailKey === null ? [] : [emailKey]), ...moreEmailKeys];
  const externalIds = externalId === null ? [] : [externalId];
  await trx.run(forgetPerson(tenantId, { keys, externalIds, ids: [id] }));
  await trx.run(forgetSignIns(tenantId, id));
  await trx.run(forgetJoinRequests(tenantId, id, emailKey));
}
