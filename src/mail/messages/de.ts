import type { Phrasebook } from "../message.ts";

/** German. */
export const de: Phrasebook = {
  greeting: "Guten Tag {name},",
  greetingUnnamed: "Guten Tag,",
  footer: "Sie erhalten diese E-Mail, weil Sie {tenant} verwalten.",
  messages: {
    seatsReached: {
      subject: "{tenant}: {level} % Ihrer Plätze sind belegt",
      paragraphs: [
        "{used} der {limit} Plätze von {tenant} sind belegt.",
        "Sind alle belegt, bekommen neue Personen keinen Platz mehr: Je nach Ihren Einstellungen werden sie abgewiesen, kommen ohne Platz herein oder warten.",
        "Um Platz zu schaffen, deaktivieren Sie Personen, die keinen Zugang mehr brauchen, oder fordern Sie weitere Plätze an.",
      ],
    },
    seatsFull: {
      subject: "{tenant}: Alle Plätze sind belegt",
      paragraphs: [
        "{used} der {limit} Plätze von {tenant} sind belegt: Es ist keiner mehr frei.",
        "Ab jetzt werden neue Personen je nach Ihren Einstellungen abgewiesen, kommen ohne Platz herein oder warten auf einen. Wer einen Platz hat, behält ihn.",
        "Um Platz zu schaffen, deaktivieren Sie Personen, die keinen Zugang mehr brauchen, oder fordern Sie weitere Plätze an.",
      ],
    },
    seatsWaiting: {
      subject: {
        count: "waiting",
        one: "{tenant}: Eine Person wartet auf einen Platz",
        other: "{tenant}: {waiting} Personen warten auf einen Platz",
      },
      paragraphs: [
        {
          count: "waiting",
          one: "In {tenant} wartet eine Person auf einen Platz; {used} von {limit} sind belegt.",
          other: "In {tenant} warten {waiting} Personen auf einen Platz; {used} von {limit} sind belegt.",
        },
        "Bis dahin können sie sich mit eingeschränkten Rechten anmelden. Sobald ein Platz frei wird, erhält ihn, wer am längsten wartet.",
        "Um Platz zu schaffen, deaktivieren Sie Personen, die keinen Zugang mehr brauchen, oder fordern Sie weitere Plätze an.",
      ],
    },
    webhookDisabled: {
      subject: "{tenant}: Ein Webhook wurde abgeschaltet",
      paragraphs: [
        "Der Endpunkt {url} ist so lange fehlgeschlagen, dass nichts mehr an ihn gesendet wird.",
        "Sobald er wieder antwortet, schalten Sie ihn in den Einstellungen wieder ein; was ihm entgangen ist, steht im Zustellprotokoll.",
      ],
    },
  },
};
