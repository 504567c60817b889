import { Refusal } from "../base/errors.ts";
import { fold } from "../base/fold.ts";
import type { SubjectId } from "../directory/signIn/tokenRevocation.store.ts";

/** As long as what an identity provider may call somebody. */
const MOST = 1024;

/**
 * Reads whom a request names: `sub_id`, a Subject Identifier (RFC 9493 §3). Other members of the body are passed over.
 *
 * @throws Refusal `invalid_request`
 */
export function subjectIn(body: unknown): SubjectId {
  const subject = memberOf(body, "sub_id");
  const format = memberOf(subject, "format");
  switch (format) {
    case "iss_sub":
      return { format, iss: text(subject, "iss"), sub: text(subject, "sub") };
    case "email":
      return { format, emailKey: fold(text(subject, "email")) };
    case "opaque":
      return { format, id: text(subject, "id") };
    default:
      throw invalid("sub_id must be a Subject Identifier (RFC 9493) of the format iss_sub, email or opaque.");
  }
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function text(subject: unknown, name: string): string {
  const value = memberOf(subject, name);
  // What PostgreSQL does not store as text is nobody's name.
  if (typeof value === "string" && value !== "" && value.length <= MOST && !/[\p{Cc}\p{Cs}]/u.test(value)) return value;
  throw invalid(`sub_id.${name} must be a text of at most ${MOST} characters.`);
}

function invalid(detail: string): Refusal {
  return new Refusal("invalid_request", detail);
}
