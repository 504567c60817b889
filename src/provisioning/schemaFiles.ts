/** The schema files of a folder in the form of `scim-schemas/`, read once at the start. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseResourceType, parseSchema } from "../scim/definitions.ts";
import type { ResourceTypeDefinition, SchemaDefinition } from "../scim/types.ts";

/** The project's own folder: at the same place relative to `src/` and to `dist/`. */
export const ownSchemas: string = fileURLToPath(new URL("../../scim-schemas", import.meta.url));

/** What one folder holds, by file name. */
export interface SchemaFiles {
  readonly schemas: readonly SchemaDefinition[];
  readonly resourceTypes: readonly ResourceTypeDefinition[];
}

/**
 * Reads `*.json` of each folder as schemas and its `resource-types/*.json`, where there are any, as resource types. What
 * has the same id or name in a later folder takes the earlier one's place: so an operator puts an extension on User.
 *
 * @throws Error of one line that names the file and the attribute at fault
 */
export function readSchemaFiles(...folders: readonly string[]): SchemaFiles {
  const schemas = folders.map((folder) => readEach(folder, parseSchema));
  const resourceTypes = folders.map((folder) => readEach(join(folder, "resource-types"), parseResourceType));
  return { schemas: latest(schemas), resourceTypes: latest(resourceTypes) };
}

/** Within one folder a second definition of the same id stays, for the registry to refuse. */
function latest<T extends { readonly id: string }>(folders: readonly (readonly T[])[]): T[] {
  return folders.reduce<T[]>((kept, more) => {
    const replaced = new Set(more.map(({ id }) => id.toLowerCase()));
    return [...kept.filter(({ id }) => !replaced.has(id.toLowerCase())), ...more];
  }, []);
}

function readEach<T>(folder: string, parse: (json: unknown, source: string) => T): T[] {
  return jsonFiles(folder).map((file) => parse(readJson(file), basename(file)));
}

function jsonFiles(folder: string): string[] {
  if (basename(folder) === "resource-types" && !existsSync(folder)) return [];
  const names = readdirSync(folder, { withFileTypes: true });
  return names
    .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
    .map((entry) => join(folder, entry.name))
    .sort();
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${basename(file)}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
