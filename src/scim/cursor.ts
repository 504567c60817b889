/** Cursors (RFC 9865): what one carries. How it is closed to those who hold it is the surface's affair. */
import { ScimRefusal } from "./types.ts";

/** A row's place in an order: what it is sorted by, as text (null without a value or an order), and its id. */
export interface Place {
  readonly key: string | null;
  readonly id: string;
}

/** Which page a cursor leads to, and what the walk has known since its first page. */
export interface CursorState {
  readonly place: Place;
  /** Whether the page lies before the place, not behind it. */
  readonly backwards: boolean;
  readonly count: number;
  readonly total: number;
}

/** Seconds for which a cursor is good, from the answer that gave it; `cursorTimeout` of RFC 9865 §4. */
export const CURSOR_SECONDS = 3600;

/** The state as text, with the time from which it is good no more. */
export function printState({ place, backwards, count, total }: CursorState, now: Date): string {
  const until = Math.floor(now.getTime() / 1000) + CURSOR_SECONDS;
  return JSON.stringify([until, place.key, place.id, backwards, count, total]);
}

/** The state that `printState` wrote. @throws ScimRefusal expiredCursor (RFC 9865 §2.1) */
export function parseState(text: string, now: Date): CursorState {
  const [until, key, id, backwards, count, total] = JSON.parse(text) as [
    number,
    string | null,
    string,
    boolean,
    number,
    number,
  ];
  if (now.getTime() >= until * 1000) {
    throw new ScimRefusal("expiredCursor", "This cursor has expired; begin again with an empty one.");
  }
  return { place: { key, id }, backwards, count, total };
}

/** RFC 9865 §2.1: the same words for what was forged, was another caller's, or belongs to another query. */
export function invalidCursor(): ScimRefusal {
  return new ScimRefusal(
    "invalidCursor",
    "This is no cursor of this query; send it with the parameters of the first page, or begin again with an empty one.",
  );
}
