import { isRefusal, Refusal } from "../../base/errors.ts";
import type { Transaction } from "../../storage/types.ts";
import { directoryById } from "../directories/directories.store.ts";
import type { Member } from "./member.ts";

/**
 * Does what may be refused because a directory manages a member (rule 14), and lets the refusal say which: whoever runs
 * several must know where to change what is locked here.
 */
export async function namingDirectory<T>(
  read: Transaction["run"],
  tenantId: string,
  { directoryId }: Pick<Member, "directoryId">,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (directoryId === null || !isRefusal(error, "managed_by_directory") || "directory" in error.extra) throw error;
    const [directory] = await read(directoryById(tenantId, directoryId));
    const { name = "" } = directory ?? {};
    const extra = { ...error.extra, directory: { id: directoryId, name } };
    throw new Refusal(error.code, `${error.message} The directory is '${name}'.`, { errors: error.errors, extra });
  }
}
