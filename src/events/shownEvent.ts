import type { StoredEvent } from "./readEvents.store.ts";

/** An event as the world sees it: in the API, in exports and in webhooks alike. */
export interface ShownEvent {
  readonly id: string;
  readonly type: string;
  readonly at: Date;
  readonly actor: Party;
  readonly target: Party;
  readonly data: StoredEvent["data"];
}

/** Who did it, or what it is about. */
interface Party {
  readonly type: string;
  readonly id: string | null;
}

/** The event in that form. */
export function shownEvent(event: StoredEvent): ShownEvent {
  const { id, type, at, actorType, actorId, targetType, targetId, data } = event;
  return { id, type, at, actor: { type: actorType, id: actorId }, target: { type: targetType, id: targetId }, data };
}
