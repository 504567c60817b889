import type { Statement } from "../../storage/types.ts";

/** What of a member tells whether a directory would meet them. */
export interface Matchable {
  readonly id: string;
  readonly userNameKey: string;
  readonly emailKey: string | null;
  readonly directoryId: string | null;
  readonly breakGlass: boolean;
}

const ROW = `select id, user_name_key as "userNameKey", email_key as "emailKey", directory_id as "directoryId",
  break_glass as "breakGlass" from members where tenant_id = $1`;

/** Members who have one of these, folded, as user name or address. */
export function membersMatched(tenantId: string, keys: readonly string[]): Statement<Matchable> {
  return {
    name: "directory_preview_matched",
    text: `${ROW} and user_name_key in (select unnest($2::text[]))
      union ${ROW} and email_key in (select unnest($2::text[]))`,
    values: [tenantId, keys],
  };
}

/** All members. */
export function everybodyMatchable(tenantId: string): Statement<Matchable> {
  return { name: "directory_preview_everybody", text: ROW, values: [tenantId] };
}
