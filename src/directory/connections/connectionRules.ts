/** What must hold of a connection, whoever writes it. */
import { isDeepStrictEqual } from "node:util";
import { Refusal } from "../../base/errors.ts";
import type { Scope } from "../../storage/types.ts";
import type { Connection } from "./connections.store.ts";
import { noSuchDirectory } from "../directories/directories.ts";
import { directoryById } from "../directories/directories.store.ts";

/**
 * Rule 23: a match is one with the members of a directory, which must be named.
 *
 * @throws Refusal `invalid_request`
 */
export function checkMatch({ match, directoryId }: Pick<Connection, "match" | "directoryId">): void {
  if (match === null || directoryId !== null) return;
  const message = "needs a directoryId: members of that directory are matched";
  throw new Refusal("invalid_request", `A match ${message}.`, { errors: [{ path: "/match", message }] });
}

/** @throws Refusal `not_found` for a directory that is not the tenant's */
export async function checkDirectory({ trx, tenantId }: Scope, id: string | null): Promise<void> {
  if (id === null) return;
  const [found] = await trx.run(directoryById(tenantId, id));
  if (!found) throw noSuchDirectory(id);
}

/**
 * The status after a change: draft → tested → enabled ⇄ disabled. What was tested is what counts as tested: a change of
 * the identity provider's side, or of what is read from its answers, makes it a draft again, but leaves an enabled
 * connection working, for keys roll over.
 *
 * @throws Refusal `conflict`
 */
export function nextStatus(
  before: Connection,
  after: Pick<Connection, (typeof READ)[number]>,
  newSecret: boolean,
  { status, force }: { status: "enabled" | "disabled" | undefined; force: boolean },
): Connection["status"] {
  const same =
    isDeepStrictEqual(
      READ.map((name) => before[name]),
      READ.map((name) => after[name]),
    ) && !newSecret;
  const standing = same || before.status === "enabled" ? before.status : "draft";
  if (status === undefined || status === standing) return standing;
  if (status === "enabled") checkReady({ ...after, protocol: before.protocol, status: standing }, force);
  else if (standing !== "enabled") throw new Refusal("conflict", "Only a connection that is enabled can be disabled.");
  return status;
}

/** What decides who somebody is whom the identity provider sends. */
const READ = ["saml", "oidc", "provider", "attributes", "groupsClaim", "directoryId", "match"] as const;

function checkReady(
  { protocol, saml, oidc, status }: Pick<Connection, "protocol" | "saml" | "oidc" | "status">,
  force: boolean,
): void {
  if (saml === null && oidc === null) {
    throw new Refusal("conflict", `Nothing is known of the identity provider yet. Give \`${protocol}\` first.`);
  }
  if (status !== "draft" || force) return;
  const way = "Test it first, or enable it untested with `force: true` and keep another way in open until it works.";
  throw new Refusal("conflict", `Nobody has signed in through this connection as it is. ${way}`);
}
