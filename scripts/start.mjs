/** `npm start`: from a fresh clone to a listening server. Installs and builds what is missing, then becomes the server. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureBuilt } from "./build.mjs";
import { requireNode, root } from "./run.mjs";

requireNode();
await ensureBuilt();
// In this very process, so that signals, exit status and terminal are the server's own.
const main = join(root, "dist", "main.js");
process.argv[1] = main;
process.setSourceMapsEnabled(true);
await import(pathToFileURL(main).href);
