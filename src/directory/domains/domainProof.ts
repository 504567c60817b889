import { Refusal } from "../../base/errors.ts";
import type { LookUpTxt, TxtAnswer } from "../../http/dns.ts";
import type { Domain } from "./domains.store.ts";

/** Name of the TXT record that proves a domain. */
export function txtName(domain: string): string {
  return `_usher.${domain}`;
}

/**
 * What is amiss with the proof of a domain, as the DNS tells it; null = nothing. Of `unanswered` and `timeout` nobody
 * knows whether the record is there.
 */
export type ProofFault = "noName" | "noRecord" | "otherValue" | "unanswered" | "timeout";

/** What the DNS says, to be held against a claim as it is by then. Never to be asked inside a transaction. */
export function askForProof(lookUpTxt: LookUpTxt, domain: string): Promise<TxtAnswer> {
  return lookUpTxt(txtName(domain));
}

/** What an answer lacks to prove a claim. */
export function proofFault(answer: TxtAnswer, { txtValue }: Pick<Domain, "txtValue">): ProofFault | null {
  if (answer.kind === "noName" || answer.kind === "timeout") return answer.kind;
  if (answer.kind === "broken") return "unanswered";
  if (answer.values.length === 0) return "noRecord";
  return answer.values.some((value) => unquoted(value) === txtValue) ? null : "otherValue";
}

/** Forms of DNS providers quote by themselves, and then hold the quotes that were typed too. */
function unquoted(value: string): string {
  return value.trim().replace(/^"(.*)"$/s, "$1");
}

/** The refusal that tells an admin what to do. */
export function unproven(fault: ProofFault, { domain, txtValue }: Pick<Domain, "domain" | "txtValue">): Refusal {
  return new Refusal("domain_not_verified", `${words[fault](txtName(domain), txtValue)} ${AFTER}`, {
    extra: { fault, txtName: txtName(domain), txtValue },
  });
}

const AFTER = "Then verify again; the operator of this server may also vouch for the domain.";

const words: Readonly<Record<ProofFault, (name: string, value: string) => string>> = {
  noName: (name, value) =>
    `The DNS knows no name ${name} (NXDOMAIN). Add a TXT record of this name that holds ${value}, and wait for the DNS to carry it, an hour as a rule.`,
  noRecord: (name, value) => `${name} has no TXT record. Add one that holds ${value}.`,
  otherValue: (name, value) =>
    `The TXT record of ${name} holds another value. Add ${value}; what else stands there may stay.`,
  unanswered: (name) =>
    `The name servers that know ${name} gave no usable answer (as SERVFAIL). Have whoever runs them look at delegation and DNSSEC.`,
  timeout: (name) => `No name server answered in time for ${name}. Wait some minutes.`,
};
