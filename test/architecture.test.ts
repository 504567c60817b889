import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { rows, violations } from "./support/architecture.ts";
import { readModule, type SourceFile } from "./support/module.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The files of a folder that have one of these endings, by their path from the project's root. */
function filesIn(folder: string, ...endings: string[]): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(root, path).split(sep).join("/"), text: readFileSync(path, "utf8") }));
}

/** What the checks say of one planted file. */
function faultsOf(path: string, text: string): string[] {
  return violations([{ path, text }]);
}

describe("the house", () => {
  it("keeps its rooms", () => {
    const sources = filesIn("src", ".ts", ".tsx", ".mts", ".cts", ".js", ".mjs");
    assert.ok(sources.length > 0, "no sources seen: this test would prove nothing");
    for (const row of rows.slice(2)) {
      for (const room of row.rooms) {
        assert.ok(
          sources.some(({ path }) => path.startsWith(`src/${room}/`)),
          `nothing seen in src/${room}`,
        );
      }
    }
    assert.deepEqual(violations(sources), []);
  });

  it("has scripts that run before anything is installed", () => {
    const scripts = filesIn("scripts", ".mjs");
    assert.ok(scripts.length > 0);
    const foreign = scripts.flatMap((file) => {
      const { imports } = readModule({ ...file, text: file.text.replaceAll(/\bimport\(/g, "later(") });
      return imports
        .filter(({ specifier }) => !/^(node:|\.\/)/.test(specifier))
        .map(({ specifier }) => `${file.path}: ${specifier}`);
    });
    assert.deepEqual(foreign, []);
  });

  it("names no registry host in its lock file", () => {
    assert.doesNotMatch(readFileSync(join(root, "package-lock.json"), "utf8"), /"resolved"/);
  });

  it("explains every dependency, at the version that it pins, in docs/dependencies.md", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    const pinned = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    const rowsOfTable = readFileSync(join(root, "docs/dependencies.md"), "utf8").matchAll(
      /^\|\s+`([^`]+)`\s+\|\s+(\S+)\s+\|\s+\S.{20,}\|$/gm,
    );
    const explained = [...rowsOfTable].map(([, name, version]) => `${name} ${version}`);
    assert.deepEqual(explained.toSorted(), pinned.map(([name, version]) => `${name} ${version}`).toSorted());
  });
});

describe("the checks of the house", () => {
  const breaches: readonly (readonly [what: string, path: string, text: string, fault: RegExp])[] = [
    ["an import upwards", "src/scim/a.ts", `import { x } from "../directory/x.ts";`, /may not import src\/directory/],
    ["an import of a type upwards", "src/scim/a.ts", `import type { X } from "../storage/x.ts";`, /may not import/],
    [
      "an import over several lines",
      "src/base/a.ts",
      `import {\n  x,\n} from\n  "../scim/x.ts";`,
      /may not import src\/scim/,
    ],
    ["a re-export", "src/base/a.ts", `export * from "../scim/x.ts";`, /may not import/],
    ["a named re-export", "src/base/a.ts", `export { x } from "../scim/x.ts";`, /may not import/],
    ["a dynamic import", "src/base/a.ts", `const x = await import("../scim/x.ts");`, /may not import/],
    ["a type by import()", "src/base/a.ts", `type X = import("../scim/x.ts").X;`, /may not import/],
    ["an import that only run time knows", "src/directory/a.ts", `await import(name);`, /only run time knows/],
    ["an import against the arrow", "src/events/a.ts", `import { x } from "../directory/x.ts";`, /may not import/],
    [
      "an import within a row without an arrow",
      "src/http/a.ts",
      `import { x } from "../storage/x.ts";`,
      /may not import/,
    ],
    [
      "an import of one surface by another",
      "src/admin/a.ts",
      `import { x } from "../provisioning/x.ts";`,
      /may not import/,
    ],
    ["a room that imports the top", "src/http/a.ts", `import { x } from "../config.ts";`, /may not import src\/config/],
    ["a page that imports the server", "src/console/a.ts", `import { x } from "../base/x.ts";`, /may not import/],
    ["a source that imports the tests", "src/base/a.ts", `import { x } from "../../test/x.ts";`, /may not import test/],
    ["a room that is not in the table", "src/utils/a.ts", `export const x = 1;`, /no room "utils"/],
    ["a file at the top that is not in the table", "src/helpers.ts", `export const x = 1;`, /no room "helpers.ts"/],
    ["express in a use-case", "src/directory/a.ts", `import type { Request } from "express";`, /express belongs to/],
    [
      "express in the surface of SCIM",
      "src/provisioning/a.ts",
      `import { Router } from "express";`,
      /express belongs to/,
    ],
    ["pg outside storage", "src/directory/a.store.ts", `import { Client } from "pg";`, /pg belongs to/],
    ["the environment", "src/server.ts", `const x = process.env["HOME"];`, /process.env/],
    ["the environment by its global name", "src/server.ts", `const x = globalThis.process.env.HOME;`, /process.env/],
    ["the environment taken apart", "src/server.ts", `const { env } = process;`, /process.env/],
    ["the environment as an import", "src/server.ts", `import { env } from "node:process";`, /process.env/],
    ["a clock in a pure room", "src/admission/a.ts", `const x = Date.now();`, /uses Date\.now/],
    ["the time of construction in a pure room", "src/scim/a.ts", `const x = new Date();`, /uses new Date\(\)/],
    ["a timer in a pure room", "src/scim/a.ts", `setTimeout(() => 1, 1);`, /uses setTimeout/],
    ["chance in a pure room", "src/scim/a.ts", `const x = Math.random();`, /uses Math\.random/],
    ["the global crypto in a pure room", "src/scim/a.ts", `const x = crypto.randomUUID();`, /uses crypto/],
    ["the network in a pure room", "src/scim/a.ts", `await fetch("http://127.0.0.1");`, /uses fetch/],
    ["files in a pure room", "src/scim/a.ts", `import { readFileSync } from "node:fs";`, /imports node:fs/],
    ["a database in a pure room", "src/scim/a.ts", `import { Client } from "pg";`, /imports pg/],
    ["fresh ids in a pure room", "src/scim/a.ts", `import { newId as id } from "../base/ids.ts";`, /uses newId/],
    ["a SELECT in a use-case", "src/directory/a.ts", "const x = `select id\n from members where id = ${id}`;", /SQL/],
    ["an INSERT in a surface", "src/admin/a.ts", `const x = "INSERT INTO members values (1)";`, /SQL/],
    ["an UPDATE in a use-case", "src/events/a.ts", "const x = `with a as (select 1) update jobs j set n = 1`;", /SQL/],
    ["a DELETE in a use-case", "src/events/a.ts", `const x = 'delete from jobs';`, /SQL/],
    ["a file that is too long", "src/base/a.ts", "export {};\n".repeat(401), /401 lines/],
  ];
  for (const [what, path, text, fault] of breaches) {
    it(`see ${what}`, () => assert.match(faultsOf(path, text).join("\n"), fault));
  }

  const allowed: readonly (readonly [what: string, path: string, text: string])[] = [
    [
      "an import downwards",
      "src/provisioning/a.ts",
      `import { x } from "../directory/x.ts"; import { y } from "../base/y.ts";`,
    ],
    ["an import within the room", "src/scim/a.ts", `import { x } from "./x.ts";`],
    ["an import along an arrow", "src/directory/a.ts", `import { x } from "../events/x.ts";`],
    [
      "a violation in a comment",
      "src/scim/a.ts",
      `// import { x } from "../storage/x.ts"; Date.now(); process.env.HOME\nexport {};`,
    ],
    ["a violation in a string", "src/scim/a.ts", `export const x = 'import "pg"; new Date()';`],
    ["a date made from a value in a pure room", "src/scim/a.ts", `export const x = (now: string) => new Date(now);`],
    ["ajv in a pure room", "src/scim/a.ts", `import { Ajv } from "ajv";`],
    ["SQL in a store", "src/directory/a.store.ts", "const x = `select id from members where id = $1`;"],
    [
      "English that begins with a verb of SQL",
      "src/admin/a.ts",
      `const x = "Select a role from the list, or update it: set a name.";`,
    ],
    ["a regular expression with quotes", "src/scim/a.ts", `export const x = /["'\`]/; export const y = "process.env";`],
  ];
  for (const [what, path, text] of allowed) {
    it(`let pass ${what}`, () => assert.deepEqual(faultsOf(path, text), []));
  }

  it("do not pass a file that does not parse", () => {
    assert.throws(() => faultsOf("src/base/a.ts", "import {"), /src\/base\/a\.ts/);
  });
});
