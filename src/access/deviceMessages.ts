/** The words of the page of one's own devices, in the languages of the pages. */
import type { Messages } from "./messages.ts";

export interface DeviceMessages {
  readonly title: string;
  readonly text: string;
  readonly unknown: string;
  readonly current: string;
  readonly seen: (at: string) => string;
  readonly since: (at: string) => string;
  readonly from: (ip: string) => string;
  readonly end: string;
  readonly endOf: (device: string) => string;
  readonly endOthers: string;
  readonly ended: string;
}

const english: DeviceMessages = {
  title: "Your devices",
  text: "Where you are signed in. End what you do not know, and change your password then.",
  unknown: "Unknown device",
  current: "this device",
  seen: (at) => `Last used ${at}`,
  since: (at) => `Signed in ${at}`,
  from: (ip) => `from ${ip}`,
  end: "Sign out",
  endOf: (device) => `Sign out ${device}`,
  endOthers: "Sign out all other devices",
  ended: "Done. What was ended opens nothing any more.",
};

const german: DeviceMessages = {
  title: "Ihre Geräte",
  text: "Wo Sie angemeldet sind. Beenden Sie, was Sie nicht kennen, und ändern Sie dann Ihr Passwort.",
  unknown: "Unbekanntes Gerät",
  current: "dieses Gerät",
  seen: (at) => `Zuletzt benutzt ${at}`,
  since: (at) => `Angemeldet ${at}`,
  from: (ip) => `von ${ip}`,
  end: "Abmelden",
  endOf: (device) => `${device} abmelden`,
  endOthers: "Alle anderen Geräte abmelden",
  ended: "Erledigt. Was beendet wurde, öffnet nichts mehr.",
};

/** The words in the language of the page. */
export function deviceMessages({ language }: Messages): DeviceMessages {
  return language === "de" ? german : english;
}
