/**
 * Creations that refer to each other in a circle (RFC 7644 §3.7.1): each is created without those of its references
 * that have no id yet, and is given them afterwards. They stand or fall together: where one fails, those already made
 * are taken away again, so that nobody is left with half of what was asked.
 */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { isRefusal, Refusal } from "../base/errors.ts";
import { statusOf } from "../http/failure.ts";
import type { BulkOperation } from "../scim/bulkMessage.ts";
import { resolveBulkIds } from "../scim/bulkReferences.ts";
import { PATCH_OP } from "../scim/patchMessage.ts";
import { quote } from "../scim/scalars.ts";
import { ScimRefusal, type ScimObject, type ScimValue } from "../scim/types.ts";
import {
  create,
  dataOf,
  handlersOf,
  patch,
  versionOf,
  type BulkContext,
  type Created,
  type Ended,
  type Turn,
} from "./bulkOperation.ts";
import { resourceOf } from "./endpoint.ts";
import type { ScimRequest } from "./request.ts";

/** A circle on its way. */
interface Circle extends BulkContext {
  readonly bulkIds: ReadonlySet<string | undefined>;
  /** Of those that are created already. */
  readonly ids: Map<string | undefined, string>;
}

/** A creation of the circle, and what has come of it so far. */
interface Made extends Turn {
  readonly created: Created;
  /** As it was created: without the references that had no id then. */
  readonly resource: ScimObject;
}

/** Carries out a circle of creations; each ends, by success or by error. */
export async function carryOutCircle(context: BulkContext, turns: readonly Turn[]): Promise<readonly Ended[]> {
  const bulkIds = new Set(turns.map(({ operation }) => operation.bulkId));
  const circle: Circle = { ...context, bulkIds, ids: new Map() };
  const made: Made[] = [];
  let current: Turn | undefined;
  try {
    for (current of turns) checkWhole(circle, current);
    for (current of turns) made.push(await createPartly(circle, current));
    const ended: Ended[] = [];
    for (const each of made) {
      current = each;
      ended.push({ ...each, done: await complete(circle, each) });
    }
    return ended;
  } catch (error) {
    const failed = current?.operation;
    const left = await undo(circle, made);
    return turns.map((each) => {
      const own = each.operation === failed ? error : brokenBy(failed);
      return { ...each, error: left.get(each.operation) ?? own };
    });
  }
}

/** Finds what is wrong with a creation whatever the ids of the others, before anything is written. @throws as `create` */
function checkWhole(circle: Circle, { operation, request }: Turn): void {
  const anyId = (bulkId: string): string => (circle.bulkIds.has(bulkId) ? randomUUID() : circle.created(bulkId));
  resourceOf(handlersOf(circle, operation).type, resolveBulkIds(dataOf(operation), anyId), request);
}

async function createPartly(circle: Circle, turn: Turn): Promise<Made> {
  const { bulkIds, ids, created: before } = circle;
  const { operation, request } = turn;
  const idOf = (bulkId: string): string | undefined => (bulkIds.has(bulkId) ? ids.get(bulkId) : before(bulkId));
  const data = resolveBulkIds(dataOf(operation), idOf);
  const resource = readPart(circle, turn, data);
  const created = await create(circle, operation, request, data);
  ids.set(operation.bulkId, created.id);
  return { ...turn, resource, created };
}

/** @throws Refusal `conflict` where the type demands the very reference that has to wait (RFC 7644 §3.7.1: 409) */
function readPart(context: BulkContext, { operation, request }: Turn, data: ScimValue): ScimObject {
  try {
    return resourceOf(handlersOf(context, operation).type, data, request);
  } catch (error) {
    if (!(error instanceof ScimRefusal)) throw error;
    throw new Refusal("conflict", `it cannot be created before what refers back to it: ${error.message}`);
  }
}

/** Adds the references that were left out; nothing else is touched, such as a password. */
async function complete(circle: Circle, { operation, created, resource, request: first }: Made): Promise<Created> {
  const handlers = handlersOf(circle, operation);
  const data = resolveBulkIds(dataOf(operation), (bulkId) => circle.ids.get(bulkId) ?? circle.created(bulkId));
  const whole = resourceOf(handlers.type, data, first);
  const isMissing = (name: string): boolean => name !== "schemas" && !isDeepStrictEqual(whole[name], resource[name]);
  const missing = Object.keys(whole).filter(isMissing);
  if (missing.length === 0) return created;
  const Operations = missing.map((path) => ({ op: "add", path, value: whole[path] }));
  const message: ScimObject = { schemas: [PATCH_OP], Operations };
  const changed = await alone(circle, "PATCH", handlers.type.endpoint, created.id, (request) =>
    patch(handlers, request, created.id, message),
  );
  return { ...created, ...(changed && { version: versionOf(changed) }) };
}

/** @returns the errors of those that could not be taken away */
async function undo(context: BulkContext, made: readonly Made[]): Promise<ReadonlyMap<BulkOperation, unknown>> {
  const left = new Map<BulkOperation, unknown>();
  for (const { operation, created } of made.toReversed()) {
    const handlers = handlersOf(context, operation);
    try {
      await alone(context, "DELETE", handlers.type.endpoint, created.id, (request) =>
        handlers.remove(request, created.id),
      );
    } catch (error) {
      if (!isRefusal(error, "not_found")) left.set(operation, error);
    }
  }
  return left;
}

/** What the operations did not ask for in these words has a line of its own in the log. */
async function alone<T>(
  { begin }: BulkContext,
  method: "PATCH" | "DELETE",
  endpoint: string,
  id: string,
  work: (request: ScimRequest) => Promise<T>,
): Promise<T> {
  const request = begin(method, `${endpoint}/${id}`, undefined);
  request.record.note = "Bulk: creations that refer to each other in a circle";
  try {
    const result = await work(request);
    request.record.end({ status: method === "DELETE" ? 204 : 200 });
    return result;
  } catch (error) {
    request.record.end({ status: statusOf(error), error });
    throw error;
  }
}

function brokenBy(failed: BulkOperation | undefined): Refusal {
  const of = quote(failed?.bulkId ?? "");
  return new Refusal("conflict", `it refers in a circle to bulkId ${of}, which failed; nothing of the circle is left`);
}
