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
        "Sobald er wieder antwortet, schalten Sie ihn in den Einstellungen wieder ein. Was er nicht angenommen hat, steht im Zustellprotokoll und kann erneut gesendet werden; was geschieht, solange er abgeschaltet ist, steht nur in der Liste der Ereignisse.",
      ],
    },
    webhookGone: {
      subject: "{tenant}: Ein Webhook wurde abgeschaltet",
      paragraphs: [
        "Der Endpunkt {url} hat geantwortet, dass es ihn nicht mehr gibt (410); deshalb wird nichts mehr an ihn gesendet.",
        "War das ein Versehen, schalten Sie ihn in den Einstellungen wieder ein, sonst löschen Sie ihn.",
      ],
    },
    domainFailing: {
      subject: "{tenant}: Der DNS-Eintrag von {domain} fehlt",
      paragraphs: [
        "Der TXT-Eintrag, der belegt, dass {domain} Ihnen gehört, wurde nicht gefunden. Noch gilt die Domain als Ihre.",
        {
          count: "days",
          one: "Fehlt der Eintrag auch morgen, verfällt die Domain: Niemand tritt {tenant} mehr über sie bei, und keine Anmeldung wird mehr über sie zugeordnet. Wer drin ist, bleibt drin.",
          other:
            "Fehlt der Eintrag auch in {days} Tagen noch, verfällt die Domain: Niemand tritt {tenant} mehr über sie bei, und keine Anmeldung wird mehr über sie zugeordnet. Wer drin ist, bleibt drin.",
        },
        "Setzen Sie den Eintrag wieder und lassen Sie ihn stehen. Sein Name: {txtName}. Sein Wert: {txtValue}",
      ],
    },
    domainLapsed: {
      subject: "{tenant}: {domain} ist nicht mehr bestätigt",
      paragraphs: [
        "Der TXT-Eintrag, der belegt, dass {domain} Ihnen gehört, fehlte sieben Tage lang; die Domain ist deshalb verfallen: Niemand tritt {tenant} mehr über sie bei, und keine Anmeldung wird mehr über sie zugeordnet. Wer drin ist, bleibt drin.",
        "Setzen Sie den Eintrag wieder, dann gilt die Domain binnen eines Tages wieder als Ihre, oder sofort, wenn Sie sie in den Einstellungen bestätigen. Sein Name: {txtName}. Sein Wert: {txtValue}",
      ],
    },
    domainRestored: {
      subject: "{tenant}: {domain} ist wieder bestätigt",
      paragraphs: [
        "Der TXT-Eintrag, der belegt, dass {domain} Ihnen gehört, ist wieder da. Über die Domain wird beigetreten und zugeordnet, wie Ihre Einstellungen es sagen.",
      ],
    },
    tenantAdminless: {
      subject: "{tenant}: Niemand ist mehr Administrator",
      paragraphs: [
        "Das Verzeichnis hat den letzten aktiven Administrator von {tenant} deaktiviert oder entfernt. Niemand kann jetzt Mitglieder und Einstellungen verwalten.",
        "Auch Sie sollen {tenant} verwalten oder haben einen Notfallzugang: Melden Sie sich an oder nehmen Sie Ihre Einladung an, und übernehmen Sie, wenn Sie können.",
        "Können Sie es nicht, bitten Sie den Anbieter der Anwendung, jemanden zum Administrator zu machen.",
      ],
      footer: "Sie erhalten diese E-Mail, weil Sie {tenant} verwalten sollen.",
    },
  },
};
