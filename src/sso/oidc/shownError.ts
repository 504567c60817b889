/** RFC 6749 §4.1.2.1 allows more, of which nothing is in use; nothing of this can end a line or begin a tag. */
const ERROR = /^[A-Za-z0-9_.:/-]{1,64}$/;
/** Entra ID's own codes: the one part of a description that helps and holds nothing personal. */
const AADSTS = /\bAADSTS\d{4,8}\b/;

/**
 * An `error` of a provider as it may be shown and logged. Its description is a free text of somebody else's, often
 * with the person's address in it, and is not.
 */
export function shownError(error: string, description: string | null = null): string {
  const name = ERROR.test(error) ? error : "an error that has no proper name";
  const [number] = AADSTS.exec(description ?? "") ?? [];
  return number === undefined ? name : `${name} (${number})`;
}
