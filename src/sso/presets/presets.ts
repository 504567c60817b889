import { adfs } from "./adfs.ts";
import { customOidc, customSaml } from "./custom.ts";
import { entra } from "./entra.ts";
import { google } from "./google.ts";
import { jumpcloud } from "./jumpcloud.ts";
import { keycloak } from "./keycloak.ts";
import { okta } from "./okta.ts";
import { onelogin } from "./onelogin.ts";
import { ping } from "./ping.ts";
import type { Preset } from "./preset.ts";

/** The products that are known, in the order in which they are offered. */
export const presets: readonly Preset[] = [
  okta,
  entra,
  google,
  onelogin,
  ping,
  jumpcloud,
  keycloak,
  adfs,
  customSaml,
  customOidc,
];

/** The preset of a connection's provider; undefined where it is none of them, or is connected by another protocol. */
export function presetOf(provider: string | undefined, protocol?: Preset["protocol"]): Preset | undefined {
  return presets.find((each) => each.provider === provider && (protocol ?? each.protocol) === each.protocol);
}
