/** The morning: seventy people are pushed, groups become roles, a leaver's seat goes to who waited. */
import type { Directory, Pushed } from "./directory.ts";
import { entraPeople, oktaPeople, type Person } from "./people.ts";
import { type Everyone, type Member, showSeats, type Stage, whoWaits, why } from "./stage.ts";

/** Both directories push their people, and the plan's seats run out. */
export async function pushPeople(stage: Stage): Promise<Everyone> {
  const { page, okta, entra } = stage;
  page.chapter("The first directory pushes its people, as Okta does");
  const ofOkta = await pushAll(stage, okta, oktaPeople);
  await showSeats(stage);
  page.chapter("The second one pushes its own, as Entra ID does");
  const ofEntra = await pushAll(stage, entra, entraPeople);
  await showSeats(stage);
  page.line("Nobody is turned away: who finds no seat is a viewer until one is free.");
  return { okta: ofOkta, entra: ofEntra };
}

async function pushAll({ page }: Stage, directory: Directory, people: readonly Person[]): Promise<readonly Pushed[]> {
  const pushed: Pushed[] = [];
  for (const person of people) {
    pushed.push(await directory.pushPerson(person));
    page.progress(pushed.length, people.length, "people");
  }
  page.line(`${pushed.length} people looked up and created, one after the other.`);
  return pushed;
}

/** Groups as the directories have them: from which person on, and how many. */
const groups = [
  { from: "okta", name: "IT Admins", first: 0, count: 2 },
  { from: "okta", name: "Engineering", first: 0, count: 22 },
  { from: "okta", name: "Sales", first: 22, count: 12 },
  { from: "okta", name: "Back Office", first: 34, count: 6 },
  { from: "entra", name: "Design", first: 0, count: 10 },
  { from: "entra", name: "Support", first: 10, count: 10 },
] as const;

/** In order: the first that matches somebody gives the role. */
const mappings = [
  { group: "IT Admins", role: "admin" },
  { group: "Engineering", role: "member" },
  { group: "Sales", role: "member" },
  { group: "Design", role: "member" },
  { group: "Support", role: "member" },
  { group: "Back Office", role: "viewer" },
];

interface Preview {
  readonly members: number;
  readonly changed: number;
  readonly gains: readonly unknown[];
  readonly loses: readonly unknown[];
  readonly seats: { readonly before: number; readonly after: number };
}

/** Groups arrive and become roles: previewed first, then written. */
export async function mapGroups(stage: Stage, everyone: Everyone): Promise<void> {
  const { page, tenant } = stage;
  page.chapter("Groups become roles");
  for (const { from, name, first, count } of groups) {
    const held = await stage[from].pushGroup(name, everyone[from].slice(first, first + count));
    page.line(`The directory pushes the group "${name}" of ${held}.`);
  }
  page.line();
  page.line("Ida drafts which group gives which role; the first that fits somebody counts:");
  for (const { group, role } of mappings) page.line(`  ${group} → ${role}`);
  const { members, changed, seats, ...who } = await tenant<Preview>("POST", "/role-mappings/preview", mappings);
  page.line();
  page.line(`The preview, which writes nothing: ${changed} of ${members} people would have another role or reason,`);
  page.line(
    `${who.gains.length} gain a seat, ${who.loses.length} give theirs back, ${seats.before} seats before, ${seats.after} after.`,
  );
  const written = await tenant<readonly unknown[]>("PUT", "/role-mappings", mappings);
  page.line(`She writes it: ${written.length} mappings are in force.`);
  await showSeats(stage);
}

/** "Why a viewer?", of one whom no mapping matches and of one who waits. */
export async function askWhy(stage: Stage, everyone: Everyone): Promise<void> {
  stage.page.chapter("Why is someone a viewer?");
  const unmapped = everyone.entra.at(-1);
  if (unmapped) await why(stage, await stage.tenant<Member>("GET", `/members/${unmapped.id}`));
  const [waiting] = await whoWaits(stage);
  if (waiting) await why(stage, waiting);
}

/** Somebody leaves, and the one who has waited longest moves up. */
export async function someoneLeaves(stage: Stage, everyone: Everyone): Promise<Member | undefined> {
  const { page, tenant, okta } = stage;
  page.chapter("Someone leaves, someone moves up");
  const before = await whoWaits(stage);
  page.line(`In the queue: ${before.map(({ displayName }) => displayName).join(", ")}.`);
  const leaver = everyone.okta[5];
  if (!leaver) throw new Error("nobody is there to leave");
  await okta.deactivate(leaver);
  const left = await tenant<Member & { status: string }>("GET", `/members/${leaver.id}`);
  page.line(`The directory deactivates ${left.displayName}: now ${left.status}, seat ${left.seat}.`);
  const still = new Set((await whoWaits(stage)).map(({ id }) => id));
  const moved = before.filter(({ id }) => !still.has(id));
  page.line(`Moved up in the same moment: ${moved.map(({ displayName }) => displayName).join(", ")}.`);
  await showSeats(stage);
  const [promoted] = moved;
  if (promoted) await why(stage, promoted);
  return promoted;
}
