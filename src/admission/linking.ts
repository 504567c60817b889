/** Which member is this identity: use, link, provision or refuse (rules 22 to 25). */

/** An existing member, as far as linking may know. */
export interface Candidate {
  readonly id: string;
  readonly suspended: boolean;
  readonly breakGlass: boolean;
  /** The directory that manages this member; null for none. */
  readonly directoryId: string | null;
  /** Another identity of this same connection is linked already. */
  readonly linked: boolean;
}

/** The tenant's setting `signIn.provisioning`. */
export type Provisioning = "auto" | "jit" | "preProvisioned" | "scim";

/** One sign-in: who signs in at which connection, and whom that may be. */
export interface SignIn {
  /** The member that this identity (connection, issuer, subject) is linked to. */
  readonly known: Candidate | null;
  /** `connection.directoryId`: the directory whose people sign in here; null for none. */
  readonly directoryId: string | null;
  /** Members that `connection.match {claim, attribute}` gives. */
  readonly matched: readonly Candidate[];
  /** Members that have the asserted address, compared folded. */
  readonly addressed: readonly Candidate[];
  /** The member whose invitation the person came with, where it is to the asserted address. */
  readonly invited?: Candidate | undefined;
  /** This tenant has verified the domain of the address, and the verification has not lapsed. */
  readonly domainVerified: boolean;
  /** A removed member had this subject or this address (rule 22). */
  readonly removed: boolean;
  readonly provisioning: Provisioning;
  /** A SCIM user exists, or did. */
  readonly scimSeen: boolean;
}

/** Why a sign-in goes nowhere. */
export type LinkRefusal =
  | "breakGlass"
  | "suspended"
  | "linkedToAnother"
  | "ambiguous"
  | "addressTaken"
  | "removed"
  | "mustExist"
  | "mustBeManaged";

export type LinkDecision =
  | { readonly do: "use"; readonly memberId: string; readonly by: "identity" }
  | {
      readonly do: "link";
      readonly memberId: string;
      readonly by: "directoryMatch" | "verifiedDomain" | "invitation";
    }
  /** Rule 24: any address may be created, marked unverified. */
  | { readonly do: "provision"; readonly by: "jit" }
  | { readonly do: "refuse"; readonly reason: LinkRefusal };

/**
 * Rule 23: an identity reaches a member by itself, or once through the connection's directory match, or by an address
 * in a domain that this tenant has verified, or with an invitation to its address; never a break-glass member. Otherwise
 * rule 25 says whether to make one.
 */
export function link(signIn: SignIn): LinkDecision {
  if (signIn.known) return use(signIn.known);
  const fromDirectory = signIn.matched.filter(
    (member) => signIn.directoryId !== null && member.directoryId === signIn.directoryId,
  );
  const [match] = fromDirectory;
  if (match && fromDirectory.length === 1) return linkTo(match, "directoryMatch", signIn);
  const reached = byAddress(signIn, match !== undefined);
  if (reached) return linkTo(reached.member, reached.by, signIn);
  if (match || (signIn.domainVerified && signIn.addressed.length > 0)) return refuse("ambiguous");
  // An equal address alone is no proof, and a second member with it would be a trap for both.
  if (signIn.addressed.length > 0) return refuse("addressTaken");
  return provision(signIn);
}

/** The one member who has the address, where that says who they are. */
function byAddress(
  { addressed, domainVerified, invited }: SignIn,
  isMatched: boolean,
): { readonly member: Candidate; readonly by: "verifiedDomain" | "invitation" } | undefined {
  const [only, ...others] = addressed;
  if (!only || others.length > 0) return undefined;
  if (domainVerified) return { member: only, by: "verifiedDomain" };
  // Who holds the invitation and has its address at the tenant's own provider is who was invited.
  return invited && !isMatched ? { member: invited, by: "invitation" } : undefined;
}

/** Rule 25: `auto` is jit until the first SCIM user exists, then preProvisioned. */
export function effectiveProvisioning(provisioning: Provisioning, scimSeen: boolean): Exclude<Provisioning, "auto"> {
  if (provisioning !== "auto") return provisioning;
  return scimSeen ? "preProvisioned" : "jit";
}

/**
 * Rule 24: what our `email_verified` claim may say.
 *
 * @param proof.domainVerified now: that the tenant has verified the domain of an address ends with the verification, and
 * is kept with no member
 */
export function emailVerified(proof: { readonly domainVerified: boolean; readonly mailboxProved: boolean }): boolean {
  return proof.domainVerified || proof.mailboxProved;
}

function use(member: Candidate): LinkDecision {
  if (member.breakGlass) return refuse("breakGlass");
  return member.suspended ? refuse("suspended") : { do: "use", memberId: member.id, by: "identity" };
}

function linkTo(member: Candidate, by: Extract<LinkDecision, { do: "link" }>["by"], signIn: SignIn): LinkDecision {
  if (member.breakGlass) return refuse("breakGlass");
  // "Once": an address or key that a new hire inherits does not open the account of the one before.
  if (member.linked) return refuse("linkedToAnother");
  if (member.suspended) return refuse("suspended");
  // Rule 25: at the first sign-in `scim` demands a directory-managed member.
  if (signIn.provisioning === "scim" && member.directoryId === null) return refuse("mustBeManaged");
  return { do: "link", memberId: member.id, by };
}

function provision(signIn: SignIn): LinkDecision {
  // Rule 22: sign-in does not bring a removed person back.
  if (signIn.removed) return refuse("removed");
  const mode = effectiveProvisioning(signIn.provisioning, signIn.scimSeen);
  if (mode === "jit") return { do: "provision", by: "jit" };
  return refuse(mode === "scim" ? "mustBeManaged" : "mustExist");
}

function refuse(reason: LinkRefusal): LinkDecision {
  return { do: "refuse", reason };
}
