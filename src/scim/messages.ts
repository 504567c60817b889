/** The Error message of RFC 7644 §3.12, in which every refusal leaves the SCIM surface. */
import { type Refusal, type RefusalCode, refusalStatus } from "../base/errors.ts";
import { ScimRefusal, type ScimType } from "./types.ts";

/** RFC 7644 §3.12: `status` is the HTTP status as a string. */
export interface ErrorMessage {
  readonly schemas: readonly ["urn:ietf:params:scim:api:messages:2.0:Error"];
  readonly status: string;
  readonly scimType?: ScimType;
  readonly detail: string;
}

/** The Error message of a refusal; `scimType` is there where RFC 7644 §3.12 has a keyword for it. */
export function errorMessage(refusal: Refusal): ErrorMessage {
  const scimType = refusal instanceof ScimRefusal ? refusal.scimType : scimTypeOf[refusal.code];
  return scimError(refusalStatus[refusal.code], refusal.message, scimType);
}

/** An Error message by its parts, for what is no refusal: a fault, whose `detail` tells nothing of its cause. */
export function scimError(status: number, detail: string, scimType?: ScimType): ErrorMessage {
  return {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
    status: String(status),
    ...(scimType && { scimType }),
    detail,
  };
}

/** Refusals from outside this room. A request refused as a whole is a body that could not be read: invalidSyntax. */
const scimTypeOf: Partial<Record<RefusalCode, ScimType>> = {
  invalid_request: "invalidSyntax",
  user_name_exists: "uniqueness",
  name_exists: "uniqueness",
  email_exists: "uniqueness",
};
