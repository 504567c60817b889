import { type CatalogueEntry, attributes, id, text } from "./catalogueFields.ts";
import type { EventType } from "./event.ts";

const type = text("The name of its resource type.", "Device");
const directoryId = id("The directory that it belongs to.");

/** Resources of the types that the operator added. */
export const resourceEvents = {
  "resource.created": {
    description: "A directory pushed a resource of a type that the operator added.",
    target: "resource",
    data: { type, directoryId },
  },
  "resource.updated": {
    description: "Such a resource was changed.",
    target: "resource",
    data: { type, attributes: { ...attributes, example: ["displayName"] } },
  },
  "resource.deleted": {
    description: "Such a resource was deleted.",
    target: "resource",
    data: { type, directoryId },
  },
} as const satisfies Partial<Record<EventType, CatalogueEntry>>;
