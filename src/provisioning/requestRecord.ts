/** What of a request goes into the provisioning log, gathered on its way: decoding and use-cases know what an answer hides. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { parse } from "node:querystring";
import { Refusal } from "../base/errors.ts";
import { isUuid, newId } from "../base/ids.ts";
import { statusOf } from "../http/failure.ts";
import type { ProvisioningLog } from "../directory/provisioningLog/provisioningBuffer.ts";
import { storable, type PersonKeys, type ProvisioningLine } from "../directory/provisioningLog/provisioningLine.ts";
import { insertWrittenLine } from "../directory/provisioningLog/provisioningLog.store.ts";
import type { Leniency } from "../scim/dialects.ts";
import { parseFilter, type Filter } from "../scim/filter.ts";
import { errorMessage } from "../scim/messages.ts";
import type { UrlQuery } from "../scim/searchRequest.ts";
import type { Beside } from "../storage/types.ts";
import { personAsked, personInPath } from "./recordedPerson.ts";
import { maskedDetail, maskedFilter, maskedPath, maskedQuery } from "./masked.ts";

/** The record of one request, or of one operation of a Bulk request. */
export interface RequestRecord {
  /** Has the line written with what the request writes. */
  readonly beside: Beside;
  /** What the answer to a write is going to be; what it turns out to be is put right behind it. */
  status: number;
  person: PersonKeys;
  /** The filter as it may be shown; undefined where there is none or it could not be read. */
  filter: string | undefined;
  /** How many resources a query found. */
  found: number | null;
  /** What an answer of success does not say. */
  note: string | null;
  /** Told what became of the request. */
  end(outcome: Outcome): void;
}

/** What became of a request; `error` is undefined where it was answered. */
interface Outcome {
  readonly status: number;
  readonly error?: unknown;
  /** Under which the server's own log has a fault. */
  readonly reference?: string;
}

/** Whose request it is; null where the token is none of the tenant's. */
export interface RecordedToken {
  readonly tenantId: string;
  readonly tokenId: string | null;
  readonly tokenName: string | null;
}

/** A request as it arrives. */
export interface Arrival {
  readonly method: string;
  /** Below the base. */
  readonly path: string;
  readonly query: UrlQuery;
  readonly userAgent: string | null;
  readonly now: Date;
  /** Of `performance.now`. */
  readonly began: number;
}

const MAX_USER_AGENT = 200;

const NO_QUERY: UrlQuery = {};

/**
 * What is to be known of a request as it arrives at the surface.
 *
 * @param path below the base
 * @param query without its `?`; undefined where there is none
 */
export function arrivalOf(req: IncomingMessage, path: string, query: string | undefined): Arrival {
  const userAgent = req.headers["user-agent"];
  return {
    method: req.method ?? "",
    path,
    query: query === undefined ? NO_QUERY : parse(query),
    // Any text of a header can be stored: its characters are single bytes, and Node.js refuses a NUL.
    userAgent: userAgent?.slice(0, MAX_USER_AGENT) ?? null,
    now: new Date(),
    began: performance.now(),
  };
}

/** A part of a request that is recorded by itself, as the operations of Bulk are. */
export function partOf({ userAgent }: Arrival, method: string, path: string): Arrival {
  return { method, path, query: NO_QUERY, userAgent, now: new Date(), began: performance.now() };
}

/** The answer of every write but for POST to `/Bulk` and `.search`, which write nothing of their own. */
const USUAL_STATUS: Readonly<Record<string, number>> = { POST: 201, DELETE: 204 };

/** Opens the record of a request whose token is known. */
export function openRecord(
  log: ProvisioningLog,
  token: RecordedToken,
  arrival: Arrival,
  leniency?: Leniency,
): RequestRecord {
  const id = newId(arrival.now);
  const events: string[] = [];
  let written: ProvisioningLine | undefined;
  let sent: ProvisioningLine | undefined;

  const lineNow = ({ status, error, reference }: Outcome): ProvisioningLine => {
    const told = error === undefined ? { scimType: null, detail: record.note } : refusalOf(error, reference);
    return lineOf({ token, arrival, id, record, status, told, tolerated: leniency ? [...leniency.used] : [] });
  };

  const saysMore = ({ status, error }: Outcome, line: ProvisioningLine): boolean =>
    error !== undefined ||
    status !== line.status ||
    record.note !== line.detail ||
    (leniency?.used.length ?? 0) !== line.tolerated.length;

  const record: RequestRecord = {
    status: USUAL_STATUS[arrival.method] ?? 200,
    person: personInPath(arrival.path),
    filter: undefined,
    found: null,
    note: null,
    beside: {
      told: (eventId) => void events.push(eventId),
      statement: () => {
        if (events.length === 0) return undefined;
        sent = lineNow({ status: record.status });
        return insertWrittenLine(sent, events);
      },
      committed: (rows) => {
        if (rows.length > 0) written = sent;
        events.length = 0;
      },
    },
    end: (outcome) => {
      if (!written || saysMore(outcome, written)) log.add(lineNow(outcome));
    },
  };
  return record;
}

/** What a line is made of. */
interface Told {
  readonly token: RecordedToken;
  readonly arrival: Arrival;
  readonly id: string;
  readonly record: Pick<RequestRecord, "person" | "filter" | "found">;
  readonly status: number;
  readonly told: Pick<ProvisioningLine, "scimType" | "detail">;
  readonly tolerated: readonly string[];
}

/** Each by its name: V8 is ten times slower with a long literal that begins with a spread, and each request has one. */
function lineOf({ token, arrival, id, record, status, told, tolerated }: Told): ProvisioningLine {
  const { person } = record;
  return {
    tenantId: token.tenantId,
    id,
    at: arrival.now,
    tokenId: token.tokenId,
    tokenName: token.tokenName,
    method: arrival.method.slice(0, 20),
    path: maskedPath(arrival.path),
    query: maskedQuery(arrival.query, record.filter),
    status,
    scimType: told.scimType,
    detail: told.detail,
    resourceId: resourceIn(arrival.path),
    userNameKey: person.userNameKey,
    emailKey: person.emailKey,
    externalId: person.externalId,
    found: record.found,
    tolerated,
    durationMs: performance.now() - arrival.began,
    userAgent: arrival.userAgent,
    times: 1,
  };
}

/** The resource that a path names. */
function resourceIn(path: string): string | null {
  const id = path.split("/")[2];
  return isUuid(id) ? id.toLowerCase() : null;
}

/** Of a refusal what its answer says, of a fault where it is to be found. */
function refusalOf(error: unknown, reference = ""): Pick<ProvisioningLine, "scimType" | "detail"> {
  if (!(error instanceof Refusal)) return { scimType: null, detail: `The server failed; its log has ${reference}.` };
  const { scimType = null, detail } = errorMessage(error);
  return { scimType, detail: storable(maskedDetail(detail), detail.length) };
}

/** The record of a request whose credential was refused, of the tenant that it names. */
export function refusedRecord(log: ProvisioningLog, token: RecordedToken, arrival: Arrival, error: unknown): void {
  openRecord(log, token, arrival).end({ status: statusOf(error), error });
}

/** Ends the record with the answer, once it is sent or its client has gone; `thrown` says what was, if anything. */
export function endWithAnswer(record: RequestRecord, res: ServerResponse, thrown: () => unknown): void {
  res.on("close", () => {
    const status = res.writableFinished ? res.statusCode : CLIENT_GONE;
    const reference = String(res.getHeader("X-Request-Id") ?? "");
    record.end({ status, error: thrown(), reference });
  });
}

/** As in the server's own log: the answer did not reach the client. */
const CLIENT_GONE = 499;

/** Reads a filter and records what it asks for. @throws ScimRefusal `invalidFilter` */
export function readFilter(text: string, leniency: Leniency, record: RequestRecord): Filter {
  const filter = parseFilter(text, leniency);
  record.filter = maskedFilter(filter);
  record.person = personAsked(filter, record.person);
  return filter;
}
