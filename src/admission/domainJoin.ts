/** Who joins by the domain of a proven address (rule 30). */

/** What is known of someone who has just proven a mailbox, and of the tenant that has verified its exact domain. */
export interface DomainJoin {
  /** What stands before the @ of the address. */
  readonly local: string;
  /** Of the domain: whether people join by it, and whether an admin says yes to each. */
  readonly autoJoin: { readonly enabled: boolean; readonly approval: boolean };
  /** Whether the tenant has an enabled connection, by which its people sign in. */
  readonly connected: boolean;
  /** Rule 22: the person was removed from this tenant. */
  readonly removed: boolean;
  /** A member has the address: an equal address attaches nobody (rule 26). */
  readonly taken: boolean;
}

/** Why an admin must say yes. */
export type ApprovalReason = "approval" | "plusTag" | "roleMailbox";

/** `signIn`: as the member that is there; `connection`: through the tenant's identity provider. */
export type JoinDecision =
  | { readonly do: "join" }
  | { readonly do: "ask"; readonly reason: ApprovalReason }
  | { readonly do: "connection" | "signIn" | "nothing" };

/** What becomes of them. */
export function joinByDomain({ local, autoJoin, connected, removed, taken }: DomainJoin): JoinDecision {
  if (removed) return { do: "nothing" };
  if (connected) return { do: "connection" };
  if (taken) return { do: "signIn" };
  if (!autoJoin.enabled) return { do: "nothing" };
  const reason = approvalReason(local, autoJoin.approval);
  return reason === null ? { do: "join" } : { do: "ask", reason };
}

/** A tag makes one mailbox many people, and a role's mailbox is read by several: neither is one person's. */
function approvalReason(local: string, approval: boolean): ApprovalReason | null {
  if (local.includes("+")) return "plusTag";
  if (roleMailboxes.has(local.toLowerCase().replaceAll(/[._-]/g, ""))) return "roleMailbox";
  return approval ? "approval" : null;
}

/** Those of RFC 2142, and what companies commonly have besides; without dots, hyphens and underscores. */
const roleMailboxes: ReadonlySet<string> = new Set(
  `abuse accounting accounts admin admins administrator all billing careers ceo compliance contact customerservice data
  dev devnull developers devops dpo everyone employees enquiries events feedback finance ftp hello help helpdesk
  hostmaster hr info inquiries invoice invoices it itsupport jobs legal list mail mailerdaemon marketing me media news
  newsletter noc noreply donotreply office operations ops orders payments payroll postmaster pr press privacy purchasing
  reception recruiting root sales security service services shop spam staff subscribe support sysadmin team tech test
  trouble unsubscribe usenet users uucp webmaster www`.split(/\s+/),
);
