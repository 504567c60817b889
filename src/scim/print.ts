/** Filters back to text: what `parseFilter` reads as the same tree. For logs and messages. */
import type { AttributePath, Filter } from "./filter.ts";

/** Writes a filter in the grammar of RFC 7644 §3.4.2.2, with no more parentheses than it needs. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.terms.map((term) => printTerm(term, filter.kind)).join(` ${filter.kind} `);
    case "not":
      return `not (${printFilter(filter.filter)})`;
    case "present":
      return `${printPath(filter.path)} pr`;
    case "compare":
      return `${printPath(filter.path)} ${filter.op} ${JSON.stringify(filter.value)}`;
    case "valuePath":
      return `${printPath(filter.path)}[${printFilter(filter.filter)}]`;
  }
}

/** "and" binds more than "or"; a term of the same kind was in parentheses, else it would have been one list. */
function printTerm(term: Filter, within: "and" | "or"): string {
  const bare = term.kind !== within && (term.kind !== "or" || within === "or");
  return bare ? printFilter(term) : `(${printFilter(term)})`;
}

/** Writes an attribute path (RFC 7644 §3.10). */
export function printPath(path: AttributePath): string {
  const name = path.sub === undefined ? path.name : `${path.name}.${path.sub}`;
  return path.uri === undefined ? name : `${path.uri}:${name}`;
}
