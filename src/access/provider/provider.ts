/** The OpenID Provider of this process: the library, with the keys of this moment. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Provider } from "oidc-provider";
import { signingKeys } from "../../directory/applications/signingKeys.ts";
import type { Access, AccessOptions } from "../options.ts";

/** What waits behind a sign-in: an application's request, and where the browser goes with the answer. */
export type Interaction = Awaited<ReturnType<Provider["interactionDetails"]>>;

/** How the provider answers. */
export interface RunningProvider {
  readonly handle: (req: IncomingMessage, res: ServerResponse) => Promise<void>;
  /** What this browser is on the way of; undefined where that is over, or another browser's. */
  readonly interactionOf: (req: IncomingMessage, res: ServerResponse) => Promise<Interaction | undefined>;
}

/** What it is made of. */
export type ProviderFor = AccessOptions & Pick<Access, "cookies" | "now">;

/** Every process has looked at the keys again before one that was made a moment ago signs. */
const KEYS_KEPT_MS = 10_000;

/** Where the provider is mounted; its issuer is the public address with this path. */
export const PROVIDER_BASE = "/oidc";

/** Gives the provider of this process, made anew when its keys are others: everything else it keeps is in the database. */
export function providerFor(parts: ProviderFor): () => Promise<RunningProvider> {
  let made: (RunningProvider & { kids: string }) | undefined;
  let looked = 0;
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    const keys = await signingKeys(parts, parts.now());
    const kids = keys.map(({ kid }) => kid).join(" ");
    const { running } = await import("./running.ts");
    if (made?.kids !== kids) made = { ...running(parts, parts.publicUrl + PROVIDER_BASE, keys), kids };
    looked = performance.now();
  };
  return async () => {
    if (made === undefined || performance.now() - looked > KEYS_KEPT_MS) {
      looking ??= look().finally(() => (looking = undefined));
      await looking;
    }
    if (made === undefined) throw new Error("no provider was made");
    return made;
  };
}
