import type { Statement } from "../../storage/types.ts";

/** One customer directory that pushes by SCIM. */
export interface Directory {
  readonly id: string;
  readonly name: string;
  /** Which product it is, in the customer's words; nothing is decided by it. */
  readonly provider: string;
  readonly createdAt: Date;
}

const DIRECTORY = `id, name, provider, created_at as "createdAt"`;

/** One directory. */
export function directoryById(tenantId: string, id: string): Statement<Directory> {
  return {
    name: "directory_by_id",
    text: `select ${DIRECTORY} from directories where tenant_id = $1 and id = $2`,
    values: [tenantId, id],
  };
}

/** The tenant's oldest directory. */
export function firstDirectory(tenantId: string): Statement<Directory> {
  return {
    name: "directory_first",
    text: `select ${DIRECTORY} from directories where tenant_id = $1 order by id limit 1`,
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
export function insertDirectory(tenantId: string, directory: Directory, nameKey: string): Statement {
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
