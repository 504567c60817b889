/** What all chapters of the story share. */
import type { Directory, Pushed } from "./directory.ts";
import type { Page, Seats } from "./page.ts";
import type { Receiver } from "./receiver.ts";
import type { Call, Usher } from "./usher.ts";

export interface Stage {
  readonly usher: Usher;
  readonly page: Page;
  /** The admin API below the tenant, as the operator. */
  readonly tenant: Call;
  readonly receiver: Receiver;
  readonly admin: Admin;
  readonly okta: Directory;
  readonly entra: Directory;
}

/** The customer's admin, who has a password of her own. */
export interface Admin {
  readonly email: string;
  readonly password: string;
}

/** The people of both directories, as they have been pushed. */
export interface Everyone {
  readonly okta: readonly Pushed[];
  readonly entra: readonly Pushed[];
}

/** A member as far as the story reads one. */
export interface Member {
  readonly id: string;
  readonly displayName: string;
  readonly email: string;
  readonly roles: readonly string[];
  readonly seat: "held" | "waiting" | "none";
}

interface List<T> {
  readonly items: readonly T[];
  readonly total: number;
}

/** Shows the seats as the API counts them now. */
export async function showSeats({ page, tenant }: Stage): Promise<void> {
  page.seats(await tenant<Seats>("GET", "/seats"));
}

/** Whom the API has in the queue. */
export async function whoWaits({ tenant }: Stage): Promise<readonly Member[]> {
  return (await tenant<List<Member>>("GET", "/members?seat=waiting&limit=200")).items;
}

/** Shows what the API answers to "why?". */
export async function why({ page, tenant }: Stage, { id, displayName }: Pick<Member, "id" | "displayName">) {
  const { roles, seat, reasons } = await tenant<Explanation>("GET", `/members/${id}/explanation`);
  page.line(`Why is ${displayName} ${roles.join(", ")}, seat ${seat}?`);
  for (const { text } of reasons) page.line(`  · ${text}`);
}

interface Explanation {
  readonly roles: readonly string[];
  readonly seat: string;
  readonly reasons: readonly { readonly text: string }[];
}
