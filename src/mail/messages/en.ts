import type { Phrasebook } from "../message.ts";

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
        "Once it answers again, switch it back on in the settings; what it missed is in the delivery log.",
      ],
    },
  },
};
