import type { Condition } from "../../admission/types.ts";
import { Refusal } from "../../base/errors.ts";
import { leniency } from "../../scim/dialects.ts";
import { parseFilter, type AttributePath, type Filter } from "../../scim/filter.ts";
import { printPath } from "../../scim/print.ts";
import { ScimRefusal } from "../../scim/types.ts";

/** What a condition can compare with; the rest of SCIM's operators order things, which no role follows from. */
const OPERATORS = ["eq", "ne", "co", "sw", "ew"] as const;

/**
 * The condition of a mapping, written as a SCIM filter (RFC 7644 §3.4.2.2) over what the directory asserted:
 * `title co "Lead" and not (urn:…:User:department eq "Legal")`.
 *
 * @param at JSON Pointer of the text, for the refusal
 * @throws Refusal `invalid_request`
 */
export function conditionOf(text: string, at: string): Condition {
  try {
    return fromFilter(parseFilter(text, leniency("rfc")));
  } catch (error) {
    if (!(error instanceof ScimRefusal)) throw error;
    throw new Refusal("invalid_request", error.message, { errors: [{ path: at, message: error.message }] });
  }
}

function fromFilter(filter: Filter): Condition {
  switch (filter.kind) {
    case "and":
      return { and: filter.terms.map(fromFilter) };
    case "or":
      return { or: filter.terms.map(fromFilter) };
    case "not":
      return { not: fromFilter(filter.filter) };
    case "present":
      return { attribute: nameOf(filter.path), op: "pr" };
    case "compare":
      return comparison(filter);
    case "valuePath":
      throw unusable("[...] is not taken here; compare the attribute or one of its sub-attributes");
  }
}

function comparison({ path, op, value }: Filter & { kind: "compare" }): Condition {
  const operator = OPERATORS.find((each) => each === op);
  if (!operator) throw unusable(`${op} is not taken here; use ${OPERATORS.join(", ")} or pr`);
  if (value === null) throw unusable("null is not taken here; use pr");
  return { attribute: nameOf(path), op: operator, value: String(value) };
}

/** RFC 7643 §4.1 attributes go by their bare name; those of an extension by their URN. */
function nameOf(path: AttributePath): string {
  return printPath(path).replace(/^urn:ietf:params:scim:schemas:core:2\.0:user:/i, "");
}

function unusable(why: string): ScimRefusal {
  return new ScimRefusal("invalidFilter", `In a condition, ${why}.`);
}
