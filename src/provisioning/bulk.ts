/** `POST /Bulk` (RFC 7644 §3.7): many operations in one request, each with a transaction and a result of its own. */
import { readJson } from "../http/body.ts";
import { failureOf } from "../http/failure.ts";
import type { Logger } from "../http/logger.ts";
import { sendJson } from "../http/reply.ts";
import { BULK_RESPONSE, parseBulk } from "../scim/bulkMessage.ts";
import { runBulk } from "./bulkRun.ts";
import type { ResourceHandlers } from "./endpoint.ts";
import { byMethod, type AddRoute, type Exchange } from "./exchange.ts";
import { bodyOptions, BULK_LIMITS, MEDIA_TYPE } from "./limits.ts";

/** What Bulk needs of the surface that it is a part of. */
export interface BulkSurface {
  readonly log: Logger;
  /** Counts requests of a token against its rate. @throws Refusal `rate_limited` */
  readonly consume: (tokenId: string, requests: number) => Promise<void>;
}

/** Adds `/Bulk` over the endpoints that there are. */
export function bulkRoute(add: AddRoute, endpoints: readonly ResourceHandlers[], { log, consume }: BulkSurface): void {
  const byEndpoint = new Map(endpoints.map((handlers) => [handlers.type.endpoint.toLowerCase(), handlers]));
  const answer = async ({ req, res, request }: Exchange): Promise<void> => {
    const body = await readJson(req, { ...bodyOptions(req, request.leniency), limit: BULK_LIMITS.maxPayloadSize });
    const bulk = parseBulk(body, BULK_LIMITS.maxOperations, request.leniency);
    // Each operation counts as a request; the first has been counted with the whole.
    await consume(request.tokenId, bulk.operations.length - 1);
    const results = await runBulk(byEndpoint, request, bulk, (error) => failureOf(error, req, log));
    // RFC 7644 §3.7.3: 200 for a job that was carried out, whatever became of its operations.
    sendJson(res, 200, MEDIA_TYPE, { schemas: [BULK_RESPONSE], Operations: results });
  };
  add("/Bulk", byMethod({ POST: answer }));
}
