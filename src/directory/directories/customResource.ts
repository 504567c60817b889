import type { ResourceType } from "../../scim/registry.ts";
import type { ScimObject } from "../../scim/types.ts";

/** A resource of a type that the operator added, as use-cases give and take it. */
export interface CustomResource {
  readonly id: string;
  /** The attributes, without `schemas`, `id` and `meta`. */
  readonly scim: ScimObject;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A resource type that the operator added, and what its values are kept by. */
export interface CustomKind {
  readonly type: ResourceType;
  /** What values that are never returned are sealed with: the first encrypts, all decrypt. */
  readonly secretKeys: readonly Buffer[];
}
