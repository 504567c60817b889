import { connectionById } from "../directory/connectionsForSignIn.ts";
import type { Session } from "../directory/sessions.ts";
import { endSessionUrl } from "../sso/oidc/endSession.ts";
import { SignInRefused } from "../sso/types.ts";
import { oidcDeps, type Access } from "./options.ts";

/** Where the browser of an ended session goes to end that at its provider too; null where it stays here. */
export async function providerSignOut(access: Access, session: Session): Promise<string | null> {
  if (session.authMethod !== "oidc" || session.connectionId === null) return null;
  const connection = await connectionById(access, session.connectionId);
  if (connection?.protocol !== "oidc" || connection.oidc === null) return null;
  try {
    const url = await endSessionUrl(connection, `${access.publicUrl}/sso/start`, oidcDeps(access, access.now()));
    return url && url.href;
  } catch (error) {
    // Nobody stays signed in here because the provider cannot be reached.
    if (error instanceof SignInRefused) return null;
    throw error;
  }
}
