/** All that the standards ask of the SCIM surface, chapter by chapter. */
import { deleting, patching, replacing } from "./changing.ts";
import { alias, bulk, discovery, extending, versions } from "./further.ts";
import { cursors, searching } from "./queries.ts";
import type { Chapter } from "./requirement.ts";
import { creating, reading } from "./requests.ts";
import { resources } from "./resources.ts";
import { errors, transport } from "./transport.ts";

export const chapters: readonly Chapter[] = [
  transport,
  errors,
  resources,
  creating,
  reading,
  searching,
  cursors,
  replacing,
  patching,
  deleting,
  bulk,
  versions,
  alias,
  discovery,
  extending,
];
