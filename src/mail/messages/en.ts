import type { Phrasebook } from "../message.ts";

const ifItWasNotYou = [
  "If that was not you, change your password, look at the page of your security, and tell your administrator.",
];
const ofSignIn = "You receive this mail because it is about your sign-in to {tenant}.";

/** English. */
export const en: Phrasebook = {
  greeting: "Hello {name},",
  greetingUnnamed: "Hello,",
  footer: "You receive this mail because you administer {tenant}.",
  messages: {
    seatsReached: {
      subject: "{tenant}: {level} % of your seats are in use",
      paragraphs: [
        "{used} of the {limit} seats of {tenant} are in use.",
        "When all of them are, new people can no longer take a seat: depending on your settings they are refused, come in without one, or wait.",
        "To make room, deactivate people who no longer need access, or ask for more seats.",
      ],
    },
    seatsFull: {
      subject: "{tenant}: all seats are in use",
      paragraphs: [
        "{used} of the {limit} seats of {tenant} are in use: there is none left.",
        "From now on new people are refused, come in without a seat, or wait for one, depending on your settings. Nobody who has a seat loses it.",
        "To make room, deactivate people who no longer need access, or ask for more seats.",
      ],
    },
    seatsWaiting: {
      subject: {
        count: "waiting",
        one: "{tenant}: one person is waiting for a seat",
        other: "{tenant}: {waiting} people are waiting for a seat",
      },
      paragraphs: [
        {
          count: "waiting",
          one: "One person in {tenant} is waiting for a seat; {used} of {limit} are in use.",
          other: "{waiting} people in {tenant} are waiting for a seat; {used} of {limit} are in use.",
        },
        "Until then they can sign in with limited rights. As soon as a seat becomes free, whoever has waited longest takes it.",
        "To make room, deactivate people who no longer need access, or ask for more seats.",
      ],
    },
    webhookDisabled: {
      subject: "{tenant}: a webhook has been switched off",
      paragraphs: [
        "The endpoint {url} has failed for so long that nothing more is sent to it.",
        "Once it answers again, switch it back on in the settings. What it did not take is in the delivery log, to be sent again; what happens while it is off is in the list of events alone.",
      ],
    },
    webhookGone: {
      subject: "{tenant}: a webhook has been switched off",
      paragraphs: [
        "The endpoint {url} answered that it is gone for good (410), so nothing more is sent to it.",
        "If that was a mistake, switch it back on in the settings; else delete it.",
      ],
    },
    certificateExpiring: {
      subject: {
        count: "days",
        one: "{tenant}: the certificate of “{connection}” ends tomorrow",
        other: "{tenant}: the certificate of “{connection}” ends in {days} days",
      },
      paragraphs: [
        "The certificate with which the identity provider of “{connection}” signs ends on {date}, and no newer one is known. Once the identity provider signs with another, nobody can sign in by it.",
        "Make a new certificate at the identity provider and add it to the connection beside the old one before you switch. A connection that knows the address of the metadata does so by itself.",
      ],
    },
    domainFailing: {
      subject: "{tenant}: the DNS record of {domain} is missing",
      paragraphs: [
        "The TXT record that proves that {domain} is yours was not found. It is still yours.",
        {
          count: "days",
          one: "If the record is not there tomorrow either, the domain lapses: nobody joins {tenant} by it any more, and no sign-in is linked by it. Everybody who is in stays in.",
          other:
            "If the record is not there in {days} days either, the domain lapses: nobody joins {tenant} by it any more, and no sign-in is linked by it. Everybody who is in stays in.",
        },
        "Put the record back and leave it there. Its name: {txtName}. Its value: {txtValue}",
      ],
    },
    domainLapsed: {
      subject: "{tenant}: {domain} is no longer verified",
      paragraphs: [
        "The TXT record that proves that {domain} is yours was not found for seven days, so the domain has lapsed: nobody joins {tenant} by it any more, and no sign-in is linked by it. Everybody who is in stays in.",
        "Put the record back, and the domain is yours again within a day, or at once if you verify it in the settings. Its name: {txtName}. Its value: {txtValue}",
      ],
    },
    domainRestored: {
      subject: "{tenant}: {domain} is verified again",
      paragraphs: [
        "The TXT record that proves that {domain} is yours is there again. People join and are linked by the domain as your settings say.",
      ],
    },
    joinRequested: {
      subject: {
        count: "waiting",
        one: "{tenant}: one person asks to join",
        other: "{tenant}: {waiting} people ask to join",
      },
      paragraphs: [
        {
          count: "waiting",
          one: "One person with an address in {domain} asks to join {tenant} and waits for your answer.",
          other:
            "{waiting} people ask to join {tenant} and wait for your answer, the latest with an address in {domain}.",
        },
        "Let them in or decline in the settings. Their mailboxes are proven; that they belong to your organisation is for you to say.",
      ],
    },
    joinApproved: {
      subject: "{tenant}: you are in",
      paragraphs: ["An administrator of {tenant} has let you in. Sign in here: {link}"],
      footer: "You receive this mail because you asked to join {tenant}.",
    },
    joinDeclined: {
      subject: "{tenant}: you were not let in",
      paragraphs: [
        "An administrator of {tenant} has declined your request to join. If you think that this is a mistake, talk to them.",
      ],
      footer: "You receive this mail because you asked to join {tenant}.",
    },
    invitation: {
      subject: "{tenant}: you are invited",
      paragraphs: [
        "{tenant} has invited you. Accept here: {link}",
        "The link is for you alone and works once. If you have never heard of {tenant}, do nothing: nobody joins by this mail.",
      ],
      footer: "You receive this mail because somebody at {tenant} has invited this address.",
    },
    welcome: {
      subject: "{tenant}: you have access",
      paragraphs: [
        "An administrator of {tenant} has made you a member. Sign in here: {link}",
        "If you sign in with a password, your administrator tells it to you. Choose your own one then.",
      ],
      footer: "You receive this mail because you are a member of {tenant}.",
    },
    registration: {
      subject: "{tenant}: confirm your address",
      paragraphs: [
        "Somebody has signed up with this address. If that was you, open this page within a day and confirm with the password that you chose: {link}",
        "If it was not you, do nothing: without you there will be no account.",
      ],
      footer: "You receive this mail because somebody signed up at {tenant} with this address.",
    },
    accountExists: {
      subject: "{tenant}: you have an account already",
      paragraphs: [
        "Somebody has signed up with this address, which has an account already. Nothing was changed.",
        "If that was you, sign in here: {link}",
        "If it was not you, there is nothing to do.",
      ],
      footer: "You receive this mail because somebody signed up at {tenant} with this address.",
    },
    setupLinkCreated: {
      subject: "{tenant}: a setup link was made",
      paragraphs: [
        "Somebody who administers {tenant}, or the provider of the application, has made a link with which an IT colleague can set up: {intents}. It can be used once and ends within a day.",
        "Whoever uses it sees no members and changes nothing that is in use. If you do not know what this is about, revoke the link in the settings.",
      ],
    },
    setupLinkRedeemed: {
      subject: "{tenant}: a setup link was used",
      paragraphs: [
        "Somebody has opened the setup link of {tenant} and can now prepare: {intents}. From where and with which browser stands beside the link in the settings.",
        "If this was not your IT colleague, revoke the link: what it is used for ends at once.",
      ],
    },
    setupWaiting: {
      subject: "{tenant}: a setup waits for your yes",
      paragraphs: [
        "“{what}” was set up through a setup link and is to be used in {tenant} from now on. Until an administrator agrees, nothing comes of it.",
        "Ask your IT colleague whether they did this, look at it in the settings, then approve or decline it there. Whoever controls it can let people in.",
      ],
    },
    setupLive: {
      subject: "{tenant}: a setup is in use now",
      paragraphs: [
        "“{what}” was set up through a setup link and is in use in {tenant} from now on.",
        "If that is a surprise to you, switch it off in the settings and ask your IT colleagues.",
      ],
    },
    totpAdded: {
      subject: "{tenant}: an authenticator app was added",
      paragraphs: [
        "From now on your sign-in to {tenant} asks for a code of your authenticator app after the password.",
        ...ifItWasNotYou,
      ],
      footer: ofSignIn,
    },
    totpRemoved: {
      subject: "{tenant}: the authenticator app was removed",
      paragraphs: ["Your sign-in to {tenant} asks for no code of an authenticator app any more.", ...ifItWasNotYou],
      footer: ofSignIn,
    },
    passkeyAdded: {
      subject: "{tenant}: a passkey was added",
      paragraphs: ["The passkey “{passkey}” signs you in to {tenant} from now on.", ...ifItWasNotYou],
      footer: ofSignIn,
    },
    passkeyRemoved: {
      subject: "{tenant}: a passkey was removed",
      paragraphs: ["The passkey “{passkey}” signs you in to {tenant} no more.", ...ifItWasNotYou],
      footer: ofSignIn,
    },
    factorsCleared: {
      subject: "{tenant}: your second factors were removed",
      paragraphs: [
        "An administrator of {tenant} has removed your second factors. Add new ones on the page of your security.",
        "If you did not ask for it, talk to your administrator.",
      ],
      footer: ofSignIn,
    },
    recoveryCodesMade: {
      subject: "{tenant}: you have new recovery codes",
      paragraphs: ["New recovery codes were made for you at {tenant}. Those before them are void.", ...ifItWasNotYou],
      footer: ofSignIn,
    },
    recoveryCodeUsed: {
      subject: "{tenant}: a recovery code was used",
      paragraphs: [
        "One of your recovery codes was used at {tenant} in place of the second factor.",
        {
          count: "left",
          one: "One code is left. Make new ones on the page of your security.",
          other: "{left} codes are left. When they run out, make new ones on the page of your security.",
        },
        ...ifItWasNotYou,
      ],
      footer: ofSignIn,
    },
    passwordChanged: {
      subject: "{tenant}: your password was changed",
      paragraphs: [
        "Your password for {tenant} was changed. Wherever else you were signed in, you are no more.",
        ...ifItWasNotYou,
      ],
      footer: ofSignIn,
    },
    passwordReset: {
      subject: "{tenant}: choose a new password",
      paragraphs: [
        "Somebody, most likely you, has forgotten your password for {tenant}. Choose a new one within an hour: {link}",
        "If it was not you, do nothing: without this link nobody can change it.",
      ],
      footer: "You receive this mail because somebody asked for a new password for this address.",
    },
    passwordResetSso: {
      subject: "{tenant}: you sign in without a password of ours",
      paragraphs: [
        "Somebody, most likely you, asked for a new password for {tenant}. There is none to change: your organisation signs in through its own identity provider. Begin here: {link}",
        "If it was not you, there is nothing to do.",
      ],
      footer: "You receive this mail because somebody asked for a new password for this address.",
    },
    emailChange: {
      subject: "{tenant}: confirm your new address",
      paragraphs: [
        "You want to be reached at {tenant} by this address. Open this page within a day and confirm: {link}",
        "If it was not you, do nothing: without this link the address stays as it is.",
      ],
      footer: "You receive this mail because a member of {tenant} entered this address as their own.",
    },
    emailChanged: {
      subject: "{tenant}: your address was changed",
      paragraphs: ["Your e-mail address for {tenant} is another one now; this one is used no more.", ...ifItWasNotYou],
      footer: ofSignIn,
    },
    breakGlassUsed: {
      subject: "{tenant}: an emergency access was used",
      paragraphs: [
        "Somebody signed in to {tenant} by an emergency access, without your identity provider, at {at}.",
        "If you know why, there is nothing to do. If not, suspend that member and look at the list of events: whose access it was stands there.",
      ],
    },
    accountAttached: {
      subject: "{tenant}: your account opens this workspace now",
      paragraphs: [
        "Your account was connected with your membership of {tenant}: you can sign in there with it from now on.",
        "If that was not you, change your password at once and tell the administrators of {tenant}.",
      ],
      footer: "You receive this mail because it is your account.",
    },
    signInThere: {
      subject: "{tenant}: your organisation has a sign-in of its own",
      paragraphs: [
        "Somebody has signed up with this address. No account was made: your organisation signs in through its own identity provider.",
        "If that was you, sign in here: {link}",
        "If it was not you, there is nothing to do.",
      ],
      footer: "You receive this mail because somebody signed up at {tenant} with this address.",
    },
    tenantAdminless: {
      subject: "{tenant}: nobody is an administrator any more",
      paragraphs: [
        "The directory has deactivated or removed the last active administrator of {tenant}. Nobody can manage its members and settings now.",
        "You are meant to be an administrator too, or hold an emergency access: sign in or accept your invitation, and take over if you can.",
        "If you cannot, ask the provider of the application to make somebody an administrator.",
      ],
      footer: "You receive this mail because you are meant to administer {tenant}.",
    },
  },
};
