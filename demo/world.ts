/** What the world hears of the morning: signed webhooks at the application, mails to the admin. */
import { mails } from "./mailbox.ts";
import type { List, Member, Stage } from "./stage.ts";
import { within } from "./usher.ts";

/** Both come a moment after the change that they tell of; on a busy machine in many moments. */
const PATIENCE_SECONDS = 60;

/** @param promoted of whom the application must have heard */
export async function worldHears(stage: Stage, promoted: Member | undefined): Promise<void> {
  stage.page.chapter("The world hears of it");
  await webhooks(stage, promoted);
  await letters(stage);
}

async function webhooks({ page, tenant, receiver, webhookId }: Stage, promoted: Member | undefined): Promise<void> {
  const hasHeard = (): boolean =>
    receiver.heard().some(({ type, target }) => type === "member.seat_promoted" && target === promoted?.id);
  const pending = async (): Promise<number> =>
    (await tenant<List<unknown>>("GET", `/webhooks/${webhookId}/deliveries?status=pending&limit=1`)).total;
  const all = await within(PATIENCE_SECONDS, async () => hasHeard() && (await pending()) === 0);
  const heard = receiver.heard();
  page.line(`Your application has received ${heard.length} webhooks, each with a good signature:`);
  for (const [type, count] of counted(heard.map(({ type }) => type)))
    page.line(`  ${String(count).padStart(4)}  ${type}`);
  if (receiver.forged() > 0) page.line(`${receiver.forged()} had a bad one.`);
  if (!all) page.line(`${await pending()} are still on their way.`);
  if (promoted && hasHeard()) page.line(`Among them: ${promoted.displayName} has moved up.`);
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
