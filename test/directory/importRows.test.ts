import assert from "node:assert/strict";
import * as fc from "fast-check";
import { roleCatalogue } from "../../src/admission/roles.ts";
import type { Role } from "../../src/admission/types.ts";
import { importColumns, type ImportCells } from "../../src/directory/imports/importFile.ts";
import { readRows, type ImportTerms } from "../../src/directory/imports/importRows.ts";

const base: Omit<Role, "slug" | "name"> = { permissions: [], extends: null, seatRequired: false, template: false };
const custom: readonly Role[] = [
  { ...base, slug: "agent", name: "Call agent" },
  { ...base, slug: "twin", name: "Twin" },
  { ...base, slug: "twin-two", name: "TWIN" },
  { ...base, slug: "other", name: "Member" },
  { ...base, slug: "extra", name: "Extra", template: true },
];
const terms: ImportTerms = { roles: roleCatalogue(custom), held: ["*"], teams: new Map([["red", "team-id"]]) };
const none: ImportCells = { email: "", role: "", team: "", firstName: "", lastName: "" };

function read(cells: Partial<ImportCells>, by = terms): { roles: readonly string[]; faults: string[] } {
  const [row] = readRows([{ row: 2, cells: { ...none, email: "a@example.com", ...cells }, surplus: 0 }], by);
  assert.ok(row);
  return { roles: row.roles, faults: row.faults.map(({ column, code }) => `${column} ${code}`) };
}

describe("a row of a file of people", () => {
  const roles: readonly (readonly [cell: string, roles: readonly string[], faults: readonly string[]])[] = [
    ["agent", ["agent"], []],
    ["AGENT", ["agent"], []],
    ["call agent", ["agent"], []],
    ["twin", ["twin"], []],
    ["member", ["member"], []],
    ["", [], []],
    ["extra", [], ["role invalid_request"]],
    ["Extra", [], ["role invalid_request"]],
    ["agent, member", [], ["role invalid_request"]],
    ["__proto__", [], ["role invalid_request"]],
  ];
  for (const [cell, expected, faults] of roles) {
    it(`names by '${cell}' ${expected.length > 0 ? `the role ${expected.join()}` : faults.length > 0 ? "no role" : "none, and so the tenant's"}`, () => {
      assert.deepEqual(read({ role: cell }), { roles: expected, faults });
    });
  }

  it("has the faults of all its cells at once", () => {
    const cells = { email: "nobody", role: "owner", team: "Blue", firstName: "a\u0000", lastName: "x".repeat(101) };
    assert.deepEqual(read(cells).faults, [
      "email invalid_request",
      "role invalid_request",
      "team not_found",
      "firstName invalid_request",
      "lastName invalid_request",
    ]);
  });

  it("takes an address in every spelling for the same one, and the first row for the one that counts", () => {
    const spellings = ["Ana@Example.com", "ana@example.COM", "ａｎａ@example.com", " ana@example.com "];
    const rows = spellings.map((email, i) => ({ row: i + 2, cells: { ...none, email, role: "owner" }, surplus: 0 }));
    const faults = readRows(rows, terms).map((each) => each.faults.map(({ column }) => column));
    assert.deepEqual(faults, [["role"], ["email", "role"], ["email", "role"], ["email", "role"]]);
  });

  it("is read with as many faults as are there, each with its own row, whatever the cells hold", () => {
    const cell = fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.constantFrom("a@example.com", "b@example.com", "admin", "red"),
    );
    const row = fc.record(
      Object.fromEntries(importColumns.map((column) => [column, cell])),
    ) as fc.Arbitrary<ImportCells>;
    const holds = fc.property(fc.array(row), (all) => {
      const rows = readRows(
        all.map((cells, i) => ({ row: i + 2, cells, surplus: 0 })),
        { ...terms, held: ["members:create"] },
      );
      const sound = rows.filter(({ faults }) => faults.length === 0);
      assert.equal(new Set(sound.map(({ email }) => email?.toLowerCase())).size, sound.length);
      assert.ok(rows.every((each) => each.faults.every((fault) => fault.row === each.row && fault.message !== "")));
      assert.ok(
        sound.every((each) => !each.roles.includes("admin")),
        "rule 16",
      );
    });
    fc.assert(holds, { numRuns: 200 });
  });
});
