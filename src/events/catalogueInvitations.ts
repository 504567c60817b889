import { type CatalogueEntry, count, flag, list, moment, oneOf, orNull, text } from "./catalogueFields.ts";
import type { EventType } from "./event.ts";

const sent = {
  entrance: oneOf("By which way the person would come in.", "invitation", "csv"),
  roles: list("Roles and templates that it gives; none = what the tenant's settings give newcomers.", ["member"]),
  mailed: flag("Whether it went by mail alone; else whoever sent it has the link.", true),
  expiresAt: moment("Until when it can be accepted."),
};

const role = text("The role that the link gives.", "member");

/**
 * Who is asked in. The id of an invitation is that of the invited member: `member.created` tells of it too, with the
 * status `invited`, and `member.updated` of the day on which that becomes `active`, by whichever way.
 */
export const invitationEvents = {
  "invitation.created": { description: "Somebody was invited.", target: "invitation", data: sent },
  "invitation.resent": {
    description: "An invitation was sent again; the one before opens nothing any more.",
    target: "invitation",
    data: sent,
  },
  "invitation.accepted": {
    description: "Somebody who was invited has joined by it.",
    target: "invitation",
    data: { by: oneOf("How they sign in from now on.", "account", "password", "sso") },
  },
  "invitation.expired": {
    description: "Nobody accepted an invitation in time; the seat that it held is free.",
    target: "invitation",
    data: {},
  },
  "invitation.revoked": {
    description: "An invitation was taken back; the seat that it held is free.",
    target: "invitation",
    data: {},
  },
  "import.created": {
    description: "A file of people to invite was taken in; each who is invited is told of on their own.",
    target: "import",
    data: {
      total: count("Rows of the file.", 120),
      refused: count("Rows with a fault, of whom nobody is invited.", 3),
      sendEmail: flag("Whether they are written to.", true),
    },
  },
  "import.ended": {
    description: "Every row of an import was looked at, or it was stopped.",
    target: "import",
    data: { invited: count("Rows that somebody was invited by.", 115), refused: count("All others.", 5) },
  },
  "invite_link.created": {
    description: "A link was made by which whoever holds it may join.",
    target: "invite_link",
    data: {
      role,
      expiresAt: orNull(moment("Null = never.")),
      maxUses: orNull(count("How many may join by it; null = as many as like.", 50)),
      allowedDomains: list("Whose addresses alone may join by it; none = any.", ["example.com"]),
      replaced: flag("Whether there was one before, which is dead now.", false),
    },
  },
  "invite_link.deleted": {
    description: "A link by which people joined was switched off.",
    target: "invite_link",
    data: { role },
  },
} as const satisfies Partial<Record<EventType, CatalogueEntry>>;
