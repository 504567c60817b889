/** A PATCH as a client sends it, over a resource: what the tests of PATCH say in one line. */
import assert from "node:assert/strict";
import { type DialectName, leniency, type ToleranceName } from "../../src/scim/dialects.ts";
import { applyPatch } from "../../src/scim/patch.ts";
import { PATCH_OP, parsePatchOp } from "../../src/scim/patchMessage.ts";
import type { ResourceType } from "../../src/scim/registry.ts";
import { type ScimObject, ScimRefusal, type ScimType } from "../../src/scim/types.ts";

export interface Patched {
  readonly resource: ScimObject;
  readonly used: readonly ToleranceName[];
}

/** Applies a whole body, with the resource frozen so that a write to it would throw. */
export function patchBody(type: ResourceType, resource: ScimObject, body: unknown, dialect: DialectName): Patched {
  const forgiving = leniency(dialect);
  const operations = parsePatchOp(type, body, forgiving);
  return { resource: applyPatch(type, freeze(resource), operations, forgiving), used: forgiving.used };
}

export type Patch = (resource: ScimObject, ...operations: unknown[]) => ScimObject;

/** Patches of one type in one dialect. */
export function patcher(type: ResourceType, dialect: DialectName): Patch {
  return (resource, ...operations) =>
    patchBody(type, resource, { schemas: [PATCH_OP], Operations: operations }, dialect).resource;
}

export function refuses(work: () => unknown, scimType: ScimType, detail: RegExp = /./): void {
  assert.throws(work, (error) => {
    assert.ok(error instanceof ScimRefusal, String(error));
    assert.equal(error.scimType, scimType, error.message);
    assert.match(error.message, detail);
    return true;
  });
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}
