/** What the world hears of the morning: signed webhooks at the application, mails to the admin. */
import { mails } from "./mailbox.ts";
import { EVENTS } from "./opening.ts";
import type { Member, Stage } from "./stage.ts";
import { within } from "./usher.ts";

/** Both come a moment after the change that they tell of; on a busy machine in many moments. */
const PATIENCE_SECONDS = 60;

/** @param promoted of whom the application must have heard */
export async function worldHears(stage: Stage, promoted: Member | undefined): Promise<void> {
  stage.page.chapter("The world hears of it");
  await webhooks(stage, promoted);
  await letters(stage);
}

async function webhooks(stage: Stage, promoted: Member | undefined): Promise<void> {
  const { page, receiver } = stage;
  const ids = (): Set<string> => new Set(receiver.heard().map(({ id }) => id));
  const missing = async (): Promise<number> => {
    const had = ids();
    return (await toldOf(stage)).filter(({ id }) => !had.has(id)).length;
  };
  await within(PATIENCE_SECONDS, async () => (await missing()) === 0);
  const [heard, late] = [receiver.heard(), await missing()];
  page.line(`Your application has received ${heard.length} webhooks, each with a good signature:`);
  for (const [name, count] of counted(heard.map(({ type }) => type))) {
    page.line(`  ${String(count).padStart(4)}  ${name}`);
  }
  if (receiver.forged() > 0) page.line(`${receiver.forged()} had a bad one.`);
  if (late > 0) page.line(`${late} are still on their way.`);
  const itsOwn = heard.some(({ type, target }) => type === "member.seat_promoted" && target === promoted?.id);
  if (promoted && itsOwn) page.line(`Among them: ${promoted.displayName} has moved up.`);
}

interface Event {
  readonly id: string;
  readonly type: string;
}

interface EventPage {
  readonly items: readonly Event[];
  readonly nextCursor: string | null;
}

/** Of the journal what the endpoint asked for, from its registration on. */
async function toldOf({ tenant }: Stage): Promise<readonly Event[]> {
  const events: Event[] = [];
  let cursor: string | null = null;
  do {
    const from: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: EventPage = await tenant<EventPage>("GET", `/events?order=asc&limit=200${from}`);
    events.push(...page.items);
    cursor = page.items.length === 0 ? null : page.nextCursor;
  } while (cursor !== null);
  const registered = events.findIndex(({ type }) => type === "webhook.created");
  return events.slice(registered + 1).filter(({ type }) => EVENTS.includes(`${type.split(".", 1)[0]}.*`));
}

function counted(types: readonly string[]): [type: string, count: number][] {
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].sort(([one], [other]) => one.localeCompare(other));
}

async function letters({ page, usher }: Stage): Promise<void> {
  await within(PATIENCE_SECONDS, () => mails(usher.dataDir).length > 0);
  page.line();
  page.line("Mail, written to files since no mail server is set:");
  for (const { to, subject } of mails(usher.dataDir)) page.line(`  to ${to}: ${subject}`);
}
