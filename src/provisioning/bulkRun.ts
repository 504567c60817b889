/** The carrying out of a Bulk request: one operation after the other, each as if it were a request of its own. */
import { setImmediate } from "node:timers/promises";
import { Refusal } from "../base/errors.ts";
import type { Failure } from "../http/failure.ts";
import type { BulkOperation, BulkRequest } from "../scim/bulkMessage.ts";
import { planBulk, type BulkStep } from "../scim/bulkPlan.ts";
import type { ErrorMessage } from "../scim/messages.ts";
import { quote } from "../scim/scalars.ts";
import { ScimRefusal } from "../scim/types.ts";
import { carryOutCircle } from "./bulkCircle.ts";
import { carryOut, pathOf, type BulkContext, type Ended, type Turn } from "./bulkOperation.ts";
import { asForbidden, encode } from "./refusals.ts";
import type { ScimRequest } from "./request.ts";

/** The result of one operation (RFC 7644 §3.7.3); what is undefined is not sent. */
export interface BulkResult {
  readonly location: string | undefined;
  readonly method: string;
  readonly bulkId: string | undefined;
  readonly version?: string | undefined;
  /** The HTTP status as a string. */
  readonly status: string;
  readonly response?: ErrorMessage;
}

/** A server that fails so often will go on to: the rest is better sent again than tried for minutes. */
const MOST_FAULTS = 10;

/**
 * Carries out the operations that `failOnErrors` lets come to their turn.
 *
 * @param tell what a caller may know of an error; a fault is logged by it
 * @returns the results of what was carried out, in the order of the request
 */
export async function runBulk(
  endpoints: BulkContext["endpoints"],
  whole: ScimRequest,
  { operations, failOnErrors }: BulkRequest,
  tell: (error: unknown) => Failure,
): Promise<BulkResult[]> {
  const ids = new Map<string, string>();
  const created = (bulkId: string): string => ids.get(bulkId) ?? refuseReference(operations, bulkId);
  const context: BulkContext = { endpoints, begin: whole.within, baseUrl: whole.baseUrl, created };
  const results = new Map<BulkOperation, BulkResult>();
  let [errors, faults] = [0, 0];
  for (const step of planBulk(operations)) {
    // RFC 7644 §3.7: "the number of errors that the service provider will accept before the operation is terminated".
    if (errors >= failOnErrors || faults >= MOST_FAULTS) break;
    // Others have their turn between two transactions.
    await setImmediate();
    for (const ended of await carryOutStep(context, step)) {
      const { operation, done } = ended;
      if (done?.id !== undefined) ids.set(operation.bulkId ?? "", done.id);
      const result = resultOf(context, ended, tell);
      if (!done) errors += 1;
      if (Number(result.status) >= 500) faults += 1;
      results.set(operation, result);
    }
  }
  whole.record.note = `${results.size} of ${operations.length} operations carried out, ${errors} with an error`;
  return operations.map((operation) => results.get(operation)).filter((result) => result !== undefined);
}

async function carryOutStep(context: BulkContext, { operations, isCircle }: BulkStep): Promise<readonly Ended[]> {
  const turns = operations.map((operation): Turn => {
    const { method, version } = operation;
    return { operation, request: context.begin(method, pathOf(context, operation), version) };
  });
  if (isCircle) return carryOutCircle(context, turns);
  const ended: Ended[] = [];
  for (const turn of turns) {
    try {
      ended.push({ ...turn, done: await carryOut(context, turn) });
    } catch (error) {
      ended.push({ ...turn, error });
    }
  }
  return ended;
}

/** @throws ScimRefusal `invalidValue`; Refusal `conflict` for what could not be created: RFC 7644 §3.7.1 has 409 for it */
function refuseReference(operations: readonly BulkOperation[], bulkId: string): never {
  const isCreation = operations.some((operation) => operation.method === "POST" && operation.bulkId === bulkId);
  if (isCreation) throw new Refusal("conflict", `bulkId ${quote(bulkId)} stands for nothing: its creation failed`);
  throw new ScimRefusal("invalidValue", `no POST of this request has the bulkId ${quote(bulkId)}`);
}

function resultOf(context: BulkContext, ended: Ended, tell: (error: unknown) => Failure): BulkResult {
  const { operation, request, done } = ended;
  const { method, bulkId } = operation;
  if (done) {
    request.record.end({ status: done.status });
    return { location: done.location, method, bulkId, version: done.version, status: String(done.status) };
  }
  const error = asForbidden(ended.error);
  const failure = tell(error);
  const { status, extra } = failure;
  const reference = typeof extra["reference"] === "string" ? extra["reference"] : "";
  request.record.end({ status, error, reference });
  // RFC 7644 §3.7: location is "REQUIRED in a response, except in the event of a POST failure".
  const location = method === "POST" ? undefined : context.baseUrl + pathOf(context, operation);
  return { location, method, bulkId, status: String(status), response: encode(failure, error) };
}
