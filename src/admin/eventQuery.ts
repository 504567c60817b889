/** Which events a request asks for, and how they are shown: the list and the exports alike. */
import { Refusal } from "../base/errors.ts";
import { isUuid } from "../base/ids.ts";
import { catalogue } from "../events/catalogue.ts";
import type { EventQuery, LatestFrom } from "../events/readEvents.ts";
import { isTotal } from "./paging.ts";
import type { Schema } from "./route.ts";
import { id, instant, nullable, record } from "./schemas.ts";

export interface EventsAsked {
  readonly order: "asc" | "desc";
  readonly type?: string;
  readonly actor?: string;
  readonly target?: string;
  readonly since?: string;
  readonly until?: string;
}

const actors = ["operator", "system", "member", "api_key", "scim_token", "machine_credential", "setup_link"];
const targets = [...new Set(Object.values(catalogue).map(({ target }) => target))];

function idOrKind(kinds: readonly string[]): Schema {
  return { type: "string", anyOf: [{ format: "uuid" }, { enum: kinds }], description: "An id, or a kind." };
}

function party(kinds: readonly string[]): Schema {
  return record({ type: { type: "string", enum: kinds }, id: nullable(id) });
}

/** Who did it, and what it is about. */
export const parties = { actor: party(actors), target: party(targets) };

/** The filters of a query. */
export const eventQuery: Readonly<Record<string, Schema>> = {
  order: {
    type: "string",
    enum: ["asc", "desc"],
    default: "desc",
    description: "`desc`: the latest first. `asc`: in the order in which they came to be seen, to follow them.",
  },
  type: { type: "string", maxLength: 64, pattern: "^[a-z_]+\\.[a-z_]+$" },
  actor: idOrKind(actors),
  target: idOrKind(targets),
  since: { ...instant, description: "Not before." },
  until: { ...instant, description: "Before." },
};

/** @throws Refusal `invalid_request` */
export function eventsAsked({ type, actor, target, since, until }: EventsAsked): EventQuery {
  return { type, actor, target, since: moment("since", since), until: moment("until", until) };
}

/** RFC 3339 knows leap seconds, and JavaScript's time does not. */
function moment(name: string, written: string | undefined): Date | undefined {
  if (written === undefined) return undefined;
  const at = new Date(written);
  if (!Number.isNaN(at.getTime())) return at;
  const message = "is no moment that can be compared; write it as 2026-01-31T12:00:00Z";
  throw new Refusal("invalid_request", `${name} ${message}.`, { errors: [{ path: `/${name}`, message }] });
}

/** Whether a decoded cursor is a place in a list whose latest rows come first. */
export function isLatestFrom(value: unknown): value is LatestFrom {
  if (typeof value !== "object" || value === null) return false;
  const { before, total } = value as Partial<Record<keyof LatestFrom, unknown>>;
  return isUuid(before) && isTotal(total);
}
