import type { Arrival } from "./maskedArrival.ts";

/** Why a sign-in goes nowhere: one code for each way. */
export class SignInStopped extends Error {
  readonly code: string;
  readonly memberId: string | null;
  /** What the identity provider had vouched for, masked. */
  readonly arrived: Arrival | null;

  constructor(code: string, detail: string, memberId: string | null = null, arrived: Arrival | null = null) {
    super(detail);
    this.name = "SignInStopped";
    this.code = code;
    this.memberId = memberId;
    this.arrived = arrived;
  }
}
