/** What a table of the bare server holds, and how it is listed. */

const LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

export interface Row {
  readonly doc: object;
}

/** A ListResponse (RFC 7644 §3.4.2). */
export function listOf(rows: readonly Row[], totalResults: number): object {
  return { schemas: [LIST], totalResults, Resources: rows.map(({ doc }) => doc) };
}
