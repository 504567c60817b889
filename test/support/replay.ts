/**
 * Replays what a directory says. A recording is a folder of numbered requests with the answers that matter to it; the
 * form is described at `Recording`.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { ScimObject, ScimValue } from "../../src/scim/types.ts";
import { at, BASE_URL, type ScimClient } from "./scim.ts";

/** One step, as `NNN-what.json` holds it. `{{name}}` stands for what a step before captured, `{{baseUrl}}` for the base. */
interface Recording {
  /** Where it is known from that a directory speaks so. */
  readonly source: string;
  readonly note?: string;
  readonly request: {
    readonly method: string;
    /** Below the base, as it stands on the wire. */
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: ScimObject;
  };
  readonly response: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    /** What the answer must hold at least; arrays hold just these elements, in this order; null = not there. */
    readonly body?: ScimObject;
    /** Names for later steps, each with a JSON Pointer into the answer. */
    readonly capture?: Readonly<Record<string, string>>;
  };
}

/** A step by its file's name. */
export interface Step {
  readonly name: string;
  readonly recording: Recording;
}

/** The steps of a folder, in the order of their numbers. */
export function readSteps(folder: string): Step[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  return files.sort().map((file) => ({
    name: basename(file, ".json"),
    recording: JSON.parse(readFileSync(join(folder, file), "utf8")) as Recording,
  }));
}

/** Sends the steps one after the other; what is not answered as recorded fails with the step's name. */
export async function replay(client: ScimClient, steps: readonly Step[]): Promise<void> {
  const captured: Record<string, string> = { baseUrl: BASE_URL };
  for (const { name, recording } of steps) {
    await replayStep(client, recording, captured).catch((error: unknown) => {
      throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    });
  }
}

async function replayStep(client: ScimClient, recording: Recording, captured: Record<string, string>): Promise<void> {
  const { request, response } = substitute(recording, captured);
  const { headers, body } = request;
  const answer = await client.send(request.method, request.path, {
    ...(headers && { headers }),
    ...(body && { body }),
  });
  assert.equal(answer.status, response.status, `answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  for (const [name, value] of Object.entries(response.headers ?? {})) {
    assert.equal(answer.headers[name.toLowerCase()], value, name);
  }
  const faults = response.body ? mismatches(answer.body, response.body, "") : [];
  assert.deepEqual(faults, [], `${faults.join("; ")} in ${JSON.stringify(answer.body)}`);
  for (const [name, pointer] of Object.entries(response.capture ?? {})) {
    const value = at(answer.body, pointer);
    assert.ok(typeof value === "string", `${pointer} is to be captured`);
    captured[name] = value;
  }
}

function substitute(recording: Recording, captured: Readonly<Record<string, string>>): Recording {
  const text = JSON.stringify(recording).replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = captured[name];
    assert.ok(value !== undefined, `no step before captured {{${name}}}`);
    return JSON.stringify(value).slice(1, -1);
  });
  return JSON.parse(text) as Recording;
}

/** Where `actual` does not hold what is expected, in words. */
export function mismatches(actual: ScimValue | undefined, expected: ScimValue | undefined, path: string): string[] {
  if (expected === null || expected === undefined) {
    return actual === undefined ? [] : [`${path} is ${JSON.stringify(actual)} and should not be there`];
  }
  if (typeof expected !== "object") {
    return actual === expected ? [] : [`${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
  }
  if (typeof actual !== "object" || actual === null || Array.isArray(actual) !== Array.isArray(expected)) {
    return [`${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
  }
  const [here, wanted] = [actual as ScimObject, expected as ScimObject];
  const inside = Object.keys(wanted).flatMap((key) => mismatches(here[key], wanted[key], `${path}/${key}`));
  const tooMany = Array.isArray(actual) && Array.isArray(expected) && actual.length > expected.length;
  return tooMany ? [...inside, `${path} has ${actual.length} elements, not ${expected.length}`] : inside;
}
