import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { leniency, tolerances, type ToleranceName } from "../../src/scim/dialects.ts";
import { tolerancesPage } from "../support/tolerancesPage.ts";

const names = Object.keys(tolerances) as ToleranceName[];

describe("tolerances", () => {
  it("are what docs/tolerances.md says", () => {
    const page = readFileSync(new URL("../../docs/tolerances.md", import.meta.url), "utf8");
    // The formatter pads cells and rules as it likes.
    const plain = (text: string): string => text.replaceAll(/[\s-]+/g, "");
    assert.equal(plain(page), plain(tolerancesPage()), "run node scripts/pages.mjs");
  });

  it("are all forgiven by the tolerant dialect, and none by it that has no source", () => {
    for (const name of names) {
      assert.ok(leniency("tolerant").allows(name), name);
      assert.ok(tolerances[name].source.length > 0, name);
    }
  });

  it("are told once each, in the order of their first use, and not for being asked about", () => {
    const lenient = leniency("tolerant");
    lenient.forgives("stringBoolean");
    for (const name of ["operationCase", "stringBoolean", "operationCase"] as const) lenient.allows(name);
    assert.deepEqual(lenient.used, ["operationCase", "stringBoolean"]);
  });

  it("are few in the rfc dialect: those that the RFC leaves open", () => {
    const forgiven = names.filter((name) => leniency("rfc").forgives(name));
    assert.deepEqual(forgiven, ["unknownAttribute"]);
  });
});
