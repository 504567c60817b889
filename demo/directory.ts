/** A customer's directory that pushes people and groups, whatever its product. */
import type { Person } from "./people.ts";

/** A person who has been pushed; the id is the one that Usher gave. */
export interface Pushed extends Person {
  readonly id: string;
}

export interface Directory {
  readonly pushPerson: (person: Person) => Promise<Pushed>;
  /** @returns how many people the group has after it, by Usher's own count */
  readonly pushGroup: (displayName: string, members: readonly Pushed[]) => Promise<number>;
  /** Takes a person's access away. */
  readonly deactivate: (person: Pushed) => Promise<void>;
}

/** RFC 7643 and RFC 7644 §3.4.2, §3.5.2 */
export const schemas = {
  user: "urn:ietf:params:scim:schemas:core:2.0:User",
  enterprise: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
  group: "urn:ietf:params:scim:schemas:core:2.0:Group",
  patch: "urn:ietf:params:scim:api:messages:2.0:PatchOp",
} as const;

/** As far as a directory reads what it is answered. */
export interface Resource {
  readonly id: string;
  readonly members?: readonly unknown[];
}

export interface Found {
  readonly totalResults: number;
}
