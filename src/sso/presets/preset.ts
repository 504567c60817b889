/**
 * What is known of identity providers before anybody connects one: how their consoles call what, what they send, and
 * where people go wrong. Field names stand as the consoles write them in English; the words around are ours.
 */
import type { SsoConnection } from "../types.ts";

export type PresetLanguage = "en" | "de";

/** A value of ours, by its name in a connection as the API shows it, and the field of theirs that takes it. */
interface OurValue {
  readonly value: "acsUrl" | "spEntityId" | "metadataUrl" | "sloUrl" | "redirectUri" | "backchannelLogoutUri";
  readonly field: string;
  readonly optional?: true;
}

/** A value of theirs, by its name in a connection as the API takes it, and where they show it. */
interface TheirValue {
  readonly value: "metadataUrl" | "metadataXml" | "issuer" | "clientId" | "clientSecret";
  readonly field: string;
}

/** An attribute or claim that they are to send, and what they make it from. */
interface SentValue {
  readonly name: string;
  readonly source: string;
}

/** In one language. */
export interface PresetWords {
  /** In the order in which they are done. */
  readonly steps: readonly string[];
  /** What goes wrong, and what to do. */
  readonly traps: readonly string[];
}

/** One product. */
export interface Preset {
  /** As a connection names it. */
  readonly provider: string;
  readonly name: string;
  readonly protocol: SsoConnection["protocol"];
  /** What a new connection has where nothing else is said. An e-mail address is found without a name where none stands here. */
  readonly defaults: Pick<SsoConnection, "attributes" | "groupsClaim">;
  readonly ours: readonly OurValue[];
  readonly theirs: readonly TheirValue[];
  readonly sends: readonly SentValue[];
  readonly words: Readonly<Record<PresetLanguage, PresetWords>>;
}

/** What most products can be told to send, under names that are read wherever no other is agreed upon. */
export const usualNames = { givenName: "firstName", familyName: "lastName" } as const;
