/** Going through the members anew: "reconcile now", and how far that and what follows from mappings and directories is. */
import { listReconciliations, readReconciliation, reconcileNow } from "../directory/roles/reconciliation.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import { id, instant, json, nullable, pageOf, pageQuery, record, ref } from "./schemas.ts";

const count = { type: "integer", minimum: 0 };

export const reconciliations: Resource = {
  tag: "Reconciliations",
  description:
    "Roles and seats of the members are decided anew, a part at a time: because somebody asked for it, because mappings " +
    "changed, or because a directory is switched off. One that is cut off goes on where it was.",
  schemas: {
    Reconciliation: record({
      id,
      cause: { type: "string", enum: ["asked", "mappings", "directory"] },
      directoryId: { ...nullable(id), description: "Of the directory that is switched off." },
      status: { type: "string", enum: ["running", "done"] },
      total: { ...count, description: "Members to look at, as far as that is known." },
      done: { ...count, description: "Members who were looked at." },
      changed: { ...count, description: "How many of them got other roles, another seat, or left the directory." },
      startedAt: instant,
      endedAt: nullable(instant),
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/reconciliations",
      operationId: "reconcileNow",
      summary: "Apply mappings and seats again to everybody; one that is under way is answered in place of another",
      permission: "mappings:edit",
      responses: {
        200: json("Done.", ref("Reconciliation")),
        202: json("A job; ask for it by its id.", ref("Reconciliation")),
      },
      handle: post,
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/reconciliations",
      operationId: "listReconciliations",
      summary: "List those of the last month, the oldest first",
      permission: "mappings:view",
      query: {
        status: { type: "string", enum: ["running"], description: "Those alone that are under way." },
        ...pageQuery,
      },
      responses: { 200: json("A page of them.", pageOf(ref("Reconciliation"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/reconciliations/{id}",
      operationId: "getReconciliation",
      summary: "How far one is",
      permission: "mappings:view",
      responses: { 200: json("The reconciliation.", ref("Reconciliation")) },
      handle: async ({ db, who, params }: TenantCall) => ({
        status: 200,
        body: await readReconciliation(db, who, params["id"] ?? ""),
      }),
    },
  ],
};

async function post({ db, who }: TenantCall): Promise<JsonAnswer> {
  const run = await reconcileNow(db, who);
  return { status: run.status === "done" ? 200 : 202, body: run };
}

async function list({ db, who, query }: TenantCall<PageQuery & { status?: "running" }>): Promise<JsonAnswer> {
  const wanted = { limit: query.limit, place: idPlace(query) };
  const page = await listReconciliations(db, who, query.status === "running", wanted);
  return { status: 200, body: idPage(page, (run) => run) };
}
