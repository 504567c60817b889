import type { Phrasebook } from "../message.ts";

const ifItWasNotYou = [
  "Wenn Sie das nicht waren, ändern Sie Ihr Passwort, sehen Sie die Seite Ihrer Sicherheit durch und sagen Sie es Ihrem Administrator.",
];
const ofSignIn = "Sie erhalten diese E-Mail, weil es um Ihre Anmeldung bei {tenant} geht.";

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
    certificateExpiring: {
      subject: {
        count: "days",
        one: "{tenant}: Das Zertifikat von „{connection}“ läuft morgen ab",
        other: "{tenant}: Das Zertifikat von „{connection}“ läuft in {days} Tagen ab",
      },
      paragraphs: [
        "Das Zertifikat, mit dem der Identity-Provider von „{connection}“ signiert, läuft am {date} ab, und ein neueres ist nicht bekannt. Sobald er mit einem anderen signiert, kann sich niemand mehr darüber anmelden.",
        "Erstellen Sie beim Identity-Provider ein neues Zertifikat und fügen Sie es der Verbindung neben dem alten hinzu, bevor Sie wechseln. Kennt die Verbindung die Adresse der Metadaten, geschieht das von selbst.",
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
    joinRequested: {
      subject: {
        count: "waiting",
        one: "{tenant}: Eine Person möchte beitreten",
        other: "{tenant}: {waiting} Personen möchten beitreten",
      },
      paragraphs: [
        {
          count: "waiting",
          one: "Eine Person mit einer Adresse in {domain} möchte {tenant} beitreten und wartet auf Ihre Antwort.",
          other:
            "{waiting} Personen möchten {tenant} beitreten und warten auf Ihre Antwort, die letzte mit einer Adresse in {domain}.",
        },
        "Nehmen Sie sie in den Einstellungen auf oder lehnen Sie ab. Dass ihnen das Postfach gehört, ist belegt; ob sie zu Ihrer Organisation gehören, wissen Sie.",
      ],
    },
    joinApproved: {
      subject: "{tenant}: Sie sind aufgenommen",
      paragraphs: ["Ein Administrator von {tenant} hat Sie aufgenommen. Melden Sie sich hier an: {link}"],
      footer: "Sie erhalten diese E-Mail, weil Sie {tenant} beitreten wollten.",
    },
    joinDeclined: {
      subject: "{tenant}: Sie wurden nicht aufgenommen",
      paragraphs: [
        "Ein Administrator von {tenant} hat Ihren Beitritt abgelehnt. Halten Sie das für ein Versehen, sprechen Sie mit ihm.",
      ],
      footer: "Sie erhalten diese E-Mail, weil Sie {tenant} beitreten wollten.",
    },
    invitation: {
      subject: "{tenant}: Sie sind eingeladen",
      paragraphs: [
        "{tenant} hat Sie eingeladen. Hier nehmen Sie an: {link}",
        "Der Link ist nur für Sie und gilt einmal. Sagt Ihnen {tenant} nichts, tun Sie nichts: Durch diese E-Mail tritt niemand bei.",
      ],
      footer: "Sie erhalten diese E-Mail, weil jemand bei {tenant} diese Adresse eingeladen hat.",
    },
    welcome: {
      subject: "{tenant}: Sie haben Zugang",
      paragraphs: [
        "Ein Administrator von {tenant} hat Sie zum Mitglied gemacht. Melden Sie sich hier an: {link}",
        "Melden Sie sich mit einem Passwort an, nennt es Ihnen Ihr Administrator. Wählen Sie dann Ihr eigenes.",
      ],
      footer: "Sie erhalten diese E-Mail, weil Sie Mitglied von {tenant} sind.",
    },
    registration: {
      subject: "{tenant}: Bestätigen Sie Ihre Adresse",
      paragraphs: [
        "Jemand hat sich mit dieser Adresse registriert. Waren Sie es, öffnen Sie binnen eines Tages diese Seite und bestätigen Sie mit dem Passwort, das Sie gewählt haben: {link}",
        "Waren Sie es nicht, tun Sie nichts: Ohne Sie entsteht kein Konto.",
      ],
      footer: "Sie erhalten diese E-Mail, weil sich jemand bei {tenant} mit dieser Adresse registriert hat.",
    },
    accountExists: {
      subject: "{tenant}: Sie haben schon ein Konto",
      paragraphs: [
        "Jemand hat sich mit dieser Adresse registriert, zu der es schon ein Konto gibt. Es wurde nichts geändert.",
        "Waren Sie es, melden Sie sich hier an: {link}",
        "Waren Sie es nicht, ist nichts zu tun.",
      ],
      footer: "Sie erhalten diese E-Mail, weil sich jemand bei {tenant} mit dieser Adresse registriert hat.",
    },
    setupLinkCreated: {
      subject: "{tenant}: Ein Einrichtungslink wurde erstellt",
      paragraphs: [
        "Jemand, der {tenant} verwaltet, oder der Anbieter der Anwendung hat einen Link erstellt, mit dem jemand aus Ihrer IT Folgendes einrichten kann: {intents}. Er lässt sich einmal verwenden und endet binnen eines Tages.",
        "Wer ihn verwendet, sieht keine Mitglieder und ändert nichts, was in Gebrauch ist. Wissen Sie nicht, worum es geht, widerrufen Sie den Link in den Einstellungen.",
      ],
    },
    setupLinkRedeemed: {
      subject: "{tenant}: Ein Einrichtungslink wurde verwendet",
      paragraphs: [
        "Jemand hat den Einrichtungslink von {tenant} geöffnet und kann nun vorbereiten: {intents}. Von wo und mit welchem Browser, steht in den Einstellungen beim Link.",
        "War das niemand aus Ihrer IT, widerrufen Sie den Link: Damit endet sofort, was er erlaubt.",
      ],
    },
    setupWaiting: {
      subject: "{tenant}: Eine Einrichtung wartet auf Ihr Ja",
      paragraphs: [
        "„{what}“ wurde über einen Einrichtungslink eingerichtet und soll in {tenant} ab jetzt verwendet werden. Bis ein Administrator zustimmt, bewirkt es nichts.",
        "Fragen Sie in Ihrer IT nach, ob das so gewollt ist, sehen Sie es sich in den Einstellungen an, und stimmen Sie dort zu oder lehnen Sie ab. Wer es in der Hand hat, kann Personen hereinlassen.",
      ],
    },
    setupLive: {
      subject: "{tenant}: Eine Einrichtung ist jetzt in Gebrauch",
      paragraphs: [
        "„{what}“ wurde über einen Einrichtungslink eingerichtet und ist in {tenant} ab jetzt in Gebrauch.",
        "Überrascht Sie das, schalten Sie es in den Einstellungen ab und fragen Sie in Ihrer IT nach.",
      ],
    },
    totpAdded: {
      subject: "{tenant}: Eine Authenticator-App wurde hinzugefügt",
      paragraphs: [
        "Ab jetzt fragt Ihre Anmeldung bei {tenant} nach dem Passwort noch nach einem Code Ihrer Authenticator-App.",
        ...ifItWasNotYou,
      ],
      footer: ofSignIn,
    },
    totpRemoved: {
      subject: "{tenant}: Die Authenticator-App wurde entfernt",
      paragraphs: [
        "Ihre Anmeldung bei {tenant} fragt nicht mehr nach dem Code einer Authenticator-App.",
        ...ifItWasNotYou,
      ],
      footer: ofSignIn,
    },
    passkeyAdded: {
      subject: "{tenant}: Ein Passkey wurde hinzugefügt",
      paragraphs: ["Der Passkey „{passkey}“ meldet Sie ab jetzt bei {tenant} an.", ...ifItWasNotYou],
      footer: ofSignIn,
    },
    passkeyRemoved: {
      subject: "{tenant}: Ein Passkey wurde entfernt",
      paragraphs: ["Der Passkey „{passkey}“ meldet Sie nicht mehr bei {tenant} an.", ...ifItWasNotYou],
      footer: ofSignIn,
    },
    factorsCleared: {
      subject: "{tenant}: Ihre zweiten Faktoren wurden entfernt",
      paragraphs: [
        "Ein Administrator von {tenant} hat Ihre zweiten Faktoren entfernt. Fügen Sie auf der Seite Ihrer Sicherheit neue hinzu.",
        "Wenn Sie nicht darum gebeten haben, sprechen Sie mit Ihrem Administrator.",
      ],
      footer: ofSignIn,
    },
    recoveryCodesMade: {
      subject: "{tenant}: Sie haben neue Wiederherstellungscodes",
      paragraphs: [
        "Für Sie wurden bei {tenant} neue Wiederherstellungscodes erzeugt. Die bisherigen gelten nicht mehr.",
        ...ifItWasNotYou,
      ],
      footer: ofSignIn,
    },
    recoveryCodeUsed: {
      subject: "{tenant}: Ein Wiederherstellungscode wurde benutzt",
      paragraphs: [
        "Einer Ihrer Wiederherstellungscodes wurde bei {tenant} anstelle des zweiten Faktors benutzt.",
        {
          count: "left",
          one: "Ein Code ist noch übrig. Erzeugen Sie neue auf der Seite Ihrer Sicherheit.",
          other: "{left} Codes sind noch übrig. Gehen sie zur Neige, erzeugen Sie neue auf der Seite Ihrer Sicherheit.",
        },
        ...ifItWasNotYou,
      ],
      footer: ofSignIn,
    },
    passwordChanged: {
      subject: "{tenant}: Ihr Passwort wurde geändert",
      paragraphs: [
        "Ihr Passwort für {tenant} wurde geändert. Wo Sie sonst noch angemeldet waren, sind Sie es nicht mehr.",
        ...ifItWasNotYou,
      ],
      footer: ofSignIn,
    },
    passwordReset: {
      subject: "{tenant}: Wählen Sie ein neues Passwort",
      paragraphs: [
        "Jemand, wahrscheinlich Sie selbst, hat Ihr Passwort für {tenant} vergessen. Wählen Sie binnen einer Stunde ein neues: {link}",
        "Wenn Sie es nicht waren, tun Sie nichts: Ohne diesen Link kann niemand es ändern.",
      ],
      footer: "Sie erhalten diese E-Mail, weil jemand für diese Adresse ein neues Passwort wünschte.",
    },
    passwordResetSso: {
      subject: "{tenant}: Sie melden sich ohne Passwort von uns an",
      paragraphs: [
        "Jemand, wahrscheinlich Sie selbst, wünschte ein neues Passwort für {tenant}. Es gibt keines zu ändern: Ihre Organisation meldet sich über ihren eigenen Anmeldedienst an. Beginnen Sie hier: {link}",
        "Wenn Sie es nicht waren, ist nichts zu tun.",
      ],
      footer: "Sie erhalten diese E-Mail, weil jemand für diese Adresse ein neues Passwort wünschte.",
    },
    emailChange: {
      subject: "{tenant}: Bestätigen Sie Ihre neue Adresse",
      paragraphs: [
        "Sie möchten bei {tenant} unter dieser Adresse erreicht werden. Öffnen Sie binnen eines Tages diese Seite und bestätigen Sie: {link}",
        "Waren Sie es nicht, tun Sie nichts: Ohne diesen Link bleibt die Adresse, wie sie ist.",
      ],
      footer: "Sie erhalten diese E-Mail, weil ein Mitglied von {tenant} diese Adresse als die eigene angegeben hat.",
    },
    emailChanged: {
      subject: "{tenant}: Ihre Adresse wurde geändert",
      paragraphs: [
        "Ihre E-Mail-Adresse bei {tenant} ist jetzt eine andere; diese wird nicht mehr benutzt.",
        ...ifItWasNotYou,
      ],
      footer: ofSignIn,
    },
    breakGlassUsed: {
      subject: "{tenant}: Ein Notfallzugang wurde benutzt",
      paragraphs: [
        "Jemand hat sich um {at} mit einem Notfallzugang bei {tenant} angemeldet, ohne Ihren Anmeldedienst.",
        "Wissen Sie, warum, so ist nichts zu tun. Wenn nicht, sperren Sie dieses Mitglied und sehen Sie in die Liste der Ereignisse: Dort steht, wessen Zugang es war.",
      ],
    },
    accountAttached: {
      subject: "{tenant}: Ihr Konto öffnet jetzt auch diese Organisation",
      paragraphs: [
        "Ihr Konto wurde mit Ihrer Mitgliedschaft bei {tenant} verbunden: Sie können sich ab jetzt damit dort anmelden.",
        "Waren Sie das nicht, so ändern Sie sofort Ihr Passwort und sagen Sie den Administratoren von {tenant} Bescheid.",
      ],
      footer: "Sie erhalten diese E-Mail, weil es Ihr Konto ist.",
    },
    signInThere: {
      subject: "{tenant}: Ihre Organisation hat eine eigene Anmeldung",
      paragraphs: [
        "Jemand hat sich mit dieser Adresse registriert. Es wurde kein Konto angelegt: Ihre Organisation meldet sich über ihren eigenen Anmeldedienst an.",
        "Waren Sie das, so melden Sie sich hier an: {link}",
        "Waren Sie es nicht, ist nichts zu tun.",
      ],
      footer: "Sie erhalten diese E-Mail, weil sich jemand bei {tenant} mit dieser Adresse registriert hat.",
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
