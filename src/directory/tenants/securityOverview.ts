import { onceInTenant } from "../../storage/scope.ts";
import type { Database, Who } from "../../storage/types.ts";
import { freshUntil } from "../accounts/freshProof.ts";
import { type Holder, holdersOf, manageable } from "../accounts/factorHolder.ts";
import type { MemberSession } from "../signIn/memberSession.ts";
import { passwordOfMember } from "../signIn/passwordSignIn.store.ts";
import { presentHash } from "../accounts/presentHash.ts";
import { factorsAsked, mustHaveSecondFactor } from "../accounts/secondFactors.ts";

/** How a member can sign in by Usher's own means, as they see it. */
export interface Security {
  readonly hasPassword: boolean;
  /** Whose password and new factors these are. */
  readonly holder: Holder["kind"];
  /** Whether there must be a second factor. */
  readonly factorRequired: boolean;
  readonly totp: { readonly since: Date } | null;
  readonly passkeys: readonly {
    readonly id: string;
    readonly name: string;
    readonly createdAt: Date;
    readonly lastUsedAt: Date | null;
  }[];
  /** How many are left. */
  readonly recoveryCodes: number;
  /** Until when changes need no new proof. */
  readonly freshUntil: Date;
}

/** Reads it. */
export async function readSecurity(db: Database, who: Who, own: MemberSession): Promise<Security> {
  const { member } = own;
  const holders = await holdersOf(db, who, member.id);
  const factors = await factorsAsked(db, manageable(holders));
  const [[held]] = await onceInTenant(db, who, passwordOfMember(who.tenantId, member.id));
  const totp = factors.find((each) => each.totp !== null)?.totp;
  return {
    hasPassword: (await presentHash(db, who, held)) !== null,
    holder: holders.own.kind,
    factorRequired: mustHaveSecondFactor(member),
    totp: totp ? { since: totp.since } : null,
    passkeys: factors.flatMap(({ passkeys }) =>
      passkeys.map(({ id, name, createdAt, lastUsedAt }) => ({ id, name, createdAt, lastUsedAt })),
    ),
    recoveryCodes: factors.reduce((sum, each) => sum + each.recoveryCodes, 0),
    freshUntil: freshUntil(own, holders),
  };
}
