/** In which order the operations of a Bulk request go (RFC 7644 §3.7.1 and §3.7.2). */
import type { BulkOperation } from "./bulkMessage.ts";
import { bulkIdsIn } from "./bulkReferences.ts";

/** One operation, which may refer to steps before it; or creations that refer to each other, or one to itself. */
export interface BulkStep {
  readonly operations: readonly BulkOperation[];
  readonly isCircle: boolean;
}

/**
 * The steps of a Bulk request: the order is the request's own, but that a creation goes before what refers to it.
 *
 * The steps are the strongly connected components of the references, found by Tarjan's algorithm; its recursion goes as
 * deep as there are operations, which `parseBulk` limits.
 */
export function planBulk(operations: readonly BulkOperation[]): BulkStep[] {
  const needs = referencesOf(operations);
  const steps: BulkStep[] = [];
  let visited = 0;
  const lowest: number[] = [];
  const open: number[] = [];
  const isOpen = new Set<number>();
  const visit = (at: number): number => {
    const depth = visited++;
    let low = depth;
    lowest[at] = depth;
    open.push(at);
    isOpen.add(at);
    for (const need of needs[at] ?? []) {
      const reached = lowest[need] === undefined ? visit(need) : lowest[need];
      if (isOpen.has(need)) low = Math.min(low, reached);
    }
    lowest[at] = low;
    if (low === depth) steps.push(close(at));
    return low;
  };
  const close = (root: number): BulkStep => {
    const members = open.splice(open.indexOf(root));
    for (const each of members) isOpen.delete(each);
    const isCircle = members.length > 1 || (needs[root] ?? []).includes(root);
    return { operations: members.sort((a, b) => a - b).flatMap((member) => operations[member] ?? []), isCircle };
  };
  for (const at of operations.keys()) if (lowest[at] === undefined) visit(at);
  return steps;
}

/** Of each operation the creations that it refers to, in the order of its references. */
function referencesOf(operations: readonly BulkOperation[]): number[][] {
  const creations = new Map<string, number>();
  for (const [at, { method, bulkId }] of operations.entries()) {
    if (method === "POST" && bulkId !== undefined) creations.set(bulkId, at);
  }
  return operations.map((operation) => [...bulkIdsIn(operation)].flatMap((bulkId) => creations.get(bulkId) ?? []));
}
