import { asTenant } from "../../storage/asTenant.ts";
import { acrossTenants, inTenant, onceInTenant } from "../../storage/scope.ts";
import type { Database, Scope, Statement, Transaction, Who } from "../../storage/types.ts";
import { personOf } from "./factorHolder.store.ts";

/**
 * Whose a password and its second factors are: a member's, good in one tenant, or an account's, good wherever it is
 * attached (rule 26).
 */
export type Holder =
  | { readonly kind: "member"; readonly tenantId: string; readonly id: string }
  | { readonly kind: "account"; readonly id: string };

/** The holders that answer for a member. */
export interface Holders {
  /** Whose password it is, and whose a new factor becomes: the member where they have a password or no account. */
  readonly own: Holder;
  /** Whose factors are asked for at a sign-in: the member's own, and those of the account that is attached. */
  readonly all: readonly Holder[];
}

/**
 * Whose factors a member may see and change by a session: from one that proved the account all of theirs, else the member's
 * alone. A tenant can sign in as its member, and shall reach no account by that.
 */
export function manageable({ own, all }: Holders): readonly Holder[] {
  return own.kind === "account" ? all : [own];
}

/** The holders of a member. */
export async function holdersOf(db: Database, { tenantId }: Pick<Who, "tenantId">, memberId: string): Promise<Holders> {
  const [[person]] = await onceInTenant(db, { tenantId }, personOf(tenantId, memberId));
  return holdersFrom(tenantId, {
    memberId,
    accountId: person?.accountId ?? null,
    hasOwn: person?.hasPassword ?? false,
  });
}

/** The same of who is read already. */
export function holdersFrom(
  tenantId: string,
  person: { readonly memberId: string; readonly accountId: string | null; readonly hasOwn: boolean },
): Holders {
  const member = { kind: "member", tenantId, id: person.memberId } as const;
  if (person.accountId === null) return { own: member, all: [member] };
  const account = { kind: "account", id: person.accountId } as const;
  return { own: person.hasOwn ? member : account, all: [member, account] };
}

/** Runs a statement about a holder where their rows are: a member's under row-level security, an account's beside it. */
export async function ofHolder<Row>(db: Database, holder: Holder, statement: Statement<Row>): Promise<Row[]> {
  if (holder.kind === "member") return (await onceInTenant(db, holder, statement))[0];
  return acrossTenants(db, { actor: { type: "system" }, now: new Date() }, ({ trx }) => trx.run(statement));
}

/** Changes a holder's rows and tells it in the tenant of whoever does it, in one transaction. */
export function changeHolder<T>(
  db: Database,
  who: Who,
  holder: Holder,
  change: (trx: Transaction) => Promise<T>,
  tell: (scope: Scope, done: T) => Promise<void>,
): Promise<T> {
  const within = async (scope: Scope): Promise<T> => {
    const done = await change(scope.trx);
    await tell(scope, done);
    return done;
  };
  if (holder.kind === "member") return inTenant(db, who, within);
  return acrossTenants(db, who, async (wide) => {
    const done = await change(wide.trx);
    await asTenant(db, wide, who.tenantId, (scope) => tell(scope, done));
    return done;
  });
}
