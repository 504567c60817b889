/** The schema files of a folder in the form of `scim-schemas/`, read once at the start. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseResourceType, parseSchema } from "../scim/definitions.ts";
import { NO_SCHEMAS, withAdded, type Definitions, type FromFile } from "./schemaAdditions.ts";

/** The project's own folder: at the same place relative to `src/` and to `dist/`. */
export const ownSchemas: string = fileURLToPath(new URL("../../scim-schemas", import.meta.url));

/**
 * Reads `*.json` of each folder as schemas and its `resource-types/*.json`, where there are any, as resource types. A
 * later folder adds to the earlier: schemas, resource types, and to a resource type of the same name its extensions.
 *
 * @throws Error of one line that names the file and what is wrong in it
 */
export function readSchemaFiles(...folders: readonly string[]): Definitions {
  return folders.reduce((before, folder) => {
    const schemas = readEach(folder, "", parseSchema);
    const resourceTypes = readEach(folder, "resource-types", parseResourceType);
    return withAdded(before, schemas, resourceTypes);
  }, NO_SCHEMAS);
}

/** @param inner folder within the folder; only the outermost must be there */
function readEach<T>(folder: string, inner: string, parse: (json: unknown, source: string) => T): FromFile<T>[] {
  if (inner !== "" && !existsSync(join(folder, inner))) return [];
  return jsonFiles(join(folder, inner)).map((name) => {
    const file = join(inner, name);
    return { file, definition: parse(readJson(folder, file), file) };
  });
}

/** Symbolic links too: so clusters mount files. */
function jsonFiles(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.name.endsWith(".json") && !entry.isDirectory());
  return files.map(({ name }) => name).sort();
}

function readJson(folder: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, file), "utf8"));
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    // Node.js quotes the text where it breaks off, line ends and all.
    throw new Error(`${file}: ${fault.replaceAll(/\s+/g, " ")}`, { cause: error });
  }
}
