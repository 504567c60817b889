/** Resources of the types that the operator added: all that is particular to a type is in its schema. */
import { isDeepStrictEqual } from "node:util";
import { Refusal } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { seal, unseal } from "../../base/secrets.ts";
import { event } from "../../events/event.ts";
import { isObject } from "../../scim/match.ts";
import { MOST_VALUES, separatorAfter, type ResourceType } from "../../scim/registry.ts";
import { ScimRefusal, type ScimObject } from "../../scim/types.ts";
import { unreturnedOf, withoutUnreturned, withUnreturned } from "../../scim/unreturned.ts";
import { tooManyValues } from "../../scim/validate.ts";
import { inTenant, onceInTenant, violatedUnique, writeOnce } from "../../storage/scope.ts";
import type { Database } from "../../storage/types.ts";
import { goneDirectory } from "../tenants/credential.ts";
import type { CustomKind, CustomResource } from "./customResource.ts";
import { uniqueKeys, type UniqueKey } from "./customResourceKeys.ts";
import {
  customResourceById,
  deleteCustomResource,
  insertCustomResource,
  lockCustomResource,
  takenKeys,
  updateCustomResource,
  type CustomPlace,
  type CustomRow,
} from "./customResources.store.ts";
import { checkKeyLength } from "./keyLength.ts";
import { changedAt, text } from "../members/member.ts";
import { changedAttributes } from "../members/memberEvents.ts";
import type { DirectoryWho } from "./scimMembers.ts";

/** Bytes of a resource as JSON: what PATCH adds up to is bounded as the body of a PUT is. */
const MAX_RESOURCE = 1_500_000;

/**
 * Creates a resource of a directory (RFC 7644 §3.3).
 *
 * @throws ScimRefusal `uniqueness` for a value that another resource has; Refusal `content_too_large`
 */
export async function createCustomResource(
  db: Database,
  who: DirectoryWho,
  kind: CustomKind,
  scim: ScimObject,
): Promise<CustomResource> {
  const made = { id: newId(who.now), scim, version: 1, createdAt: who.now, updatedAt: who.now };
  const { row, keys } = rowOf(who, kind, made);
  const data = { type: kind.type.name, directoryId: who.directoryId };
  const told = event(who, "resource.created", { type: "resource", id: row.id }, data);
  const write = writeOnce(db, who, [insertCustomResource(placeOf(who, kind.type), row, told)]);
  await refuseTaken(db, who, kind.type, () => [row.id, keys], write);
  return row;
}

/** One resource of the directory, without what is never returned. @throws Refusal `not_found` */
export async function readCustomResource(
  db: Database,
  who: DirectoryWho,
  type: ResourceType,
  id: string,
): Promise<CustomResource> {
  const [[found]] = await onceInTenant(db, who, customResourceById(placeOf(who, type), id));
  if (!found) throw noSuchResource(type, id);
  return found;
}

/** A change of a resource; what either throws is thrown, and both may run several times. */
interface CustomChange {
  /** The attributes as they should be, from those that are, with what is never returned. */
  readonly make: (resource: CustomResource) => ScimObject;
  /** Asked with the version that is changed. */
  readonly ifMatch: (version: number) => void;
}

/**
 * Changes a resource as its directory wants it; what changes nothing writes and records nothing.
 *
 * @throws Refusal `not_found`, `content_too_large`; ScimRefusal `uniqueness`
 */
export async function changeCustomResource(
  db: Database,
  who: DirectoryWho,
  kind: CustomKind,
  id: string,
  { make, ifMatch }: CustomChange,
): Promise<CustomResource> {
  const place = placeOf(who, kind.type);
  let wanted: readonly UniqueKey[] = [];
  const write = inTenant(db, who, async (scope): Promise<CustomResource> => {
    const [stored] = await scope.trx.run(lockCustomResource(place, id));
    if (!stored) throw noSuchResource(kind.type, id);
    ifMatch(stored.version);
    const before = opened(who, kind, stored);
    const scim = make(before);
    if (isDeepStrictEqual(scim, before.scim)) return stored;
    const { row, keys } = rowOf(who, kind, changedAt(before, { ...before, scim }, who.now));
    wanted = keys;
    const data = { type: kind.type.name, attributes: changedAttributes(before.scim, scim) };
    await scope.trx.run(
      updateCustomResource(place, row, event(who, "resource.updated", { type: "resource", id }, data)),
    );
    return row;
  });
  return refuseTaken(db, who, kind.type, () => [id, wanted], write);
}

/**
 * Deletes a resource as its directory wants it (RFC 7644 §3.6); its unique values are free again.
 *
 * @throws Refusal `not_found`
 */
export async function removeCustomResource(
  db: Database,
  who: DirectoryWho,
  type: ResourceType,
  id: string,
  ifMatch: (version: number) => void,
): Promise<void> {
  await inTenant(db, who, async ({ trx, tenantId }) => {
    const [found] = await trx.run(lockCustomResource(placeOf(who, type), id));
    if (!found) throw noSuchResource(type, id);
    ifMatch(found.version);
    const data = { type: type.name, directoryId: who.directoryId };
    await trx.run(deleteCustomResource(tenantId, id, event(who, "resource.deleted", { type: "resource", id }, data)));
  });
}

function placeOf({ tenantId, directoryId }: DirectoryWho, { name }: ResourceType): CustomPlace {
  return { tenantId, directoryId, type: name };
}

/** The row of a resource, which holds what is never returned sealed and nowhere else. */
function rowOf(
  who: DirectoryWho,
  { type, secretKeys }: CustomKind,
  resource: CustomResource,
): { row: CustomRow; keys: readonly UniqueKey[] } {
  const { id, scim } = resource;
  const externalId = text(scim["externalId"]);
  checkKeyLength({ externalId });
  checkSize(type, scim);
  const keys = uniqueKeys(type, who.directoryId, scim);
  const unreturned = unreturnedOf(type, scim);
  const sealed = unreturned ? seal(secretKeys, JSON.stringify(unreturned), contextOf(who.tenantId, id)) : null;
  const row = { ...resource, scim: withoutUnreturned(type, scim), externalId, sealed };
  return { row: { ...row, keys: keys.map(({ digest }) => digest) }, keys };
}

/** The resource with what is never returned: immutable, required and added values are judged by it. */
function opened(
  { tenantId }: DirectoryWho,
  { type, secretKeys }: CustomKind,
  { sealed, ...stored }: CustomResource & { readonly sealed: Buffer | null },
): CustomResource {
  if (sealed === null) return stored;
  const unreturned = JSON.parse(unseal(secretKeys, sealed, contextOf(tenantId, stored.id))) as ScimObject;
  return { ...stored, scim: withUnreturned(type, stored.scim, unreturned) };
}

function contextOf(tenantId: string, id: string): string {
  return `custom_resources ${tenantId} ${id}`;
}

/** Turns the conflict of a write into words that name the attribute; it is looked up only then. */
async function refuseTaken<T>(
  db: Database,
  who: DirectoryWho,
  type: ResourceType,
  wanted: () => [id: string, keys: readonly UniqueKey[]],
  write: Promise<T>,
): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (violatedUnique(error) !== "custom_resource_keys_pkey") throw goneDirectory(error) ?? error;
    const [id, keys] = wanted();
    const [taken] = await onceInTenant(
      db,
      who,
      takenKeys(
        who.tenantId,
        id,
        keys.map(({ digest }) => digest),
      ),
    );
    // None, if the other resource has gone meanwhile: then any will do, for the client will try again.
    const { path, within } =
      keys.find(({ digest }) => taken.some((row) => row.digest.equals(digest))) ?? keys[0] ?? UNNAMED;
    throw new ScimRefusal(
      "uniqueness",
      `${path} is taken by another ${type.name} of this ${within}; give another value`,
    );
  }
}

const UNNAMED = { path: "a unique value", within: "directory" };

function checkSize({ name }: ResourceType, scim: ScimObject): void {
  checkValues(scim, "");
  if (Buffer.byteLength(JSON.stringify(scim)) <= MAX_RESOURCE) return;
  throw new Refusal("content_too_large", `A ${name} may hold at most ${MAX_RESOURCE} bytes of JSON; give it less.`);
}

/** No values are rows of their own here, as a group's members are, so that all are bounded alike. */
function checkValues(values: ScimObject, prefix: string): void {
  for (const [name, value] of Object.entries(values)) {
    if (isObject(value)) checkValues(value, prefix + name + separatorAfter(name));
    if (!Array.isArray(value) || value.length <= MOST_VALUES) continue;
    throw new ScimRefusal("invalidValue", `${prefix}${name} ${tooManyValues(MOST_VALUES)}`);
  }
}

function noSuchResource({ name }: ResourceType, id: string): Refusal {
  return new Refusal("not_found", `no ${name} ${id}`);
}
