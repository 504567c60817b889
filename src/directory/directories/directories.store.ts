import type { Statement } from "../../storage/types.ts";

/** One customer directory that pushes by SCIM. */
export interface Directory {
  readonly id: string;
  readonly name: string;
  /** Which product it is, in the customer's words; nothing is decided by it. */
  readonly provider: string;
  readonly createdAt: Date;
  /** Since when it is being switched off; null = it is in use. */
  readonly closingAt: Date | null;
}

const DIRECTORY = `id, name, provider, created_at as "createdAt", closing_at as "closingAt"`;

/** One directory. */
export function directoryById(tenantId: string, id: string): Statement<Directory> {
  return {
    name: "directory_by_id",
    text: `select ${DIRECTORY} from directories where tenant_id = $1 and id = $2`,
    values: [tenantId, id],
  };
}

/** The tenant's oldest directory that is in use. */
export function firstDirectory(tenantId: string): Statement<Directory> {
  return {
    name: "directory_first",
    text: `select ${DIRECTORY} from directories where tenant_id = $1 and closing_at is null order by id limit 1`,
    values: [tenantId],
  };
}

/** Directories after an id. */
export function directoriesAfter(tenantId: string, after: string, most: number): Statement<Directory> {
  return {
    name: "directory_list",
    text: `select ${DIRECTORY} from directories where tenant_id = $1 and id > $2 order by id limit $3`,
    values: [tenantId, after, most],
  };
}

/** How many there are. */
export function countDirectories(tenantId: string): Statement<{ count: number }> {
  return { name: "directory_count", text: "select count(*) from directories where tenant_id = $1", values: [tenantId] };
}

/** A new directory; its name is unique (folded) within the tenant. */
export function insertDirectory(tenantId: string, directory: Omit<Directory, "closingAt">, nameKey: string): Statement {
  return {
    name: "directory_insert",
    text: "insert into directories (tenant_id, id, name, name_key, provider, created_at) values ($1,$2,$3,$4,$5,$6)",
    values: [tenantId, directory.id, directory.name, nameKey, directory.provider, directory.createdAt],
  };
}

/** Renames a directory. */
export function updateDirectoryRow(tenantId: string, directory: Directory, nameKey: string): Statement {
  return {
    name: "directory_update",
    text: "update directories set name = $3, name_key = $4, provider = $5 where tenant_id = $1 and id = $2",
    values: [tenantId, directory.id, directory.name, nameKey, directory.provider],
  };
}

/** Who is in the directory's groups, wherever they come from. */
export function membersOfGroups(tenantId: string, directoryId: string): Statement<{ id: string }> {
  return {
    name: "directory_grouped",
    text: `select distinct x.member_id as id from memberships x
      join groups g on g.tenant_id = x.tenant_id and g.id = x.group_id
      where x.tenant_id = $1 and g.directory_id = $2 order by x.member_id`,
    values: [tenantId, directoryId],
  };
}

/** Deletes a directory with its tokens and groups; its members must have left it. */
export function deleteDirectoryRow(tenantId: string, id: string): Statement {
  return {
    name: "directory_delete",
    text: "delete from directories where tenant_id = $1 and id = $2",
    values: [tenantId, id],
  };
}

/** Begins to switch a directory off: nobody pushes to it any more. */
export function closeDirectory(tenantId: string, id: string, now: Date): Statement {
  return {
    name: "directory_close",
    text: `with tokens as (delete from scim_tokens where tenant_id = $1 and directory_id = $2),
        credentials as (delete from machine_credentials where tenant_id = $1 and directory_id = $2)
      update directories set closing_at = $3 where tenant_id = $1 and id = $2`,
    values: [tenantId, id, now],
  };
}

/** Whether more members than these are its own. */
export function hasMoreMembers(tenantId: string, id: string, than: number): Statement<{ more: boolean }> {
  return {
    name: "directory_has_more",
    text: `select count(*) > $3 as more
      from (select from members where tenant_id = $1 and directory_id = $2 limit $3::integer + 1) as own`,
    values: [tenantId, id, than],
  };
}
