import { Refusal, type RefusalCode } from "../base/errors.ts";
import { SignInStopped } from "../directory/signIn/signInStopped.ts";
import { WINDOW_MINUTES } from "../directory/signIn/signInTries.ts";

const codes: Readonly<Record<string, RefusalCode>> = {
  too_many_attempts: "rate_limited",
  sso_required: "forbidden",
};

/** What a sign-in that was stopped is to a client: the same for an unknown address and a wrong password. */
export async function stopped<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => refused(error, "unauthenticated", "Not signed in"));
}

/** The same for who is signed in and shows again who they are: the session goes on. */
export async function unproven<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => refused(error, "proof_required", "Not taken"));
}

function refused(error: unknown, usual: RefusalCode, lead: string): never {
  if (!(error instanceof SignInStopped)) throw error;
  const code = codes[error.code] ?? usual;
  const extra = code === "rate_limited" ? { retryAfterSeconds: WINDOW_MINUTES * 60 } : {};
  throw new Refusal(code, `${lead}: ${error.message}.`, { extra });
}
