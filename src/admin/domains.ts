/** Domains: which addresses are a customer's own. */
import { Refusal } from "../base/errors.ts";
import {
  createDomain,
  type DomainPlace,
  listDomains,
  removeDomain,
  updateDomain,
  verifyDomain,
} from "../directory/domains/domains.ts";
import type { AutoJoin, Domain } from "../directory/domains/domains.store.ts";
import { txtName } from "../directory/domains/domainProof.ts";
import { decodeCursor, encodeCursor, isTotal, type PageQuery } from "./paging.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import { boolean, instant, json, nothing, nullable, object, pageOf, pageQuery, record, ref, text } from "./schemas.ts";

const role = {
  type: ["string", "null"],
  minLength: 1,
  maxLength: 1024,
  description: "Role of those who join; null = what the tenant's settings give a newcomer.",
};
const approval = { type: "boolean", description: "Whether an admin says yes to each." };
const team = {
  type: ["string", "null"],
  format: "uuid",
  description: "Id of the team that they are put into; null = none.",
};
const joining = { enabled: boolean, role, approval, team };

export const domains: Resource = {
  tag: "Domains",
  description:
    "A claim is pending until it is verified, and gives nothing meanwhile; others may claim the same. A verified domain " +
    "has one owner: its addresses link first sign-ins to members, lead to the right connection, and may let people join.",
  schemas: {
    Domain: record({
      domain: { ...text, description: "In ASCII (A-labels) and lower case." },
      status: { type: "string", enum: ["pending", "verified", "lapsed"] },
      txtName: { ...text, description: "Name of the TXT record that proves the domain." },
      txtValue: { ...text, description: "What the record must hold." },
      autoJoin: record(joining),
      verifiedAt: nullable(instant),
      verifiedBy: { enum: ["dns", "operator", null], description: "On whose word; null while pending." },
      checkedAt: {
        ...nullable(instant),
        description: "When the record was looked up last: each day, if the DNS proved it.",
      },
      checkFault: {
        enum: ["noName", "noRecord", "otherValue", "unanswered", "timeout", "taken", null],
        description: "What was amiss with it then; `unanswered` and `timeout` count no day.",
      },
      failedDays: {
        type: "integer",
        minimum: 0,
        description: "Days in a row on which the record was not there; after the seventh the domain is lapsed.",
      },
      createdAt: instant,
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/domains",
      operationId: "listDomains",
      summary: "List the domains by name",
      permission: "domains:view",
      query: pageQuery,
      responses: { 200: json("A page of domains.", pageOf(ref("Domain"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/domains",
      operationId: "createDomain",
      summary: "Claim a domain",
      permission: "domains:create",
      setup: "domain",
      body: object({ domain: { type: "string", minLength: 1, maxLength: 500 } }, ["domain"]),
      responses: { 201: json("The domain, pending.", ref("Domain")) },
      handle: post,
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/domains/{domain}/verify",
      operationId: "verifyDomain",
      summary: "Verify a domain by its TXT record, which is looked up now; with `force`, the operator vouches for it",
      permission: "domains:edit",
      setup: "domain",
      body: object({ force: boolean }),
      responses: {
        200: json(
          "The domain, verified; by a setup link, where people are in the tenant, as it was until an admin approves it.",
          ref("Domain"),
        ),
      },
      handle: verify,
    },
    {
      scope: "tenant",
      method: "PATCH",
      path: "/tenants/{t}/domains/{domain}",
      operationId: "updateDomain",
      summary: "Change who may join by a domain",
      permission: "domains:edit",
      body: object({ autoJoin: object(joining) }),
      responses: { 200: json("The domain.", ref("Domain")) },
      handle: patch,
    },
    {
      scope: "tenant",
      method: "DELETE",
      path: "/tenants/{t}/domains/{domain}",
      operationId: "deleteDomain",
      summary: "Give a domain up; members stay",
      permission: "domains:delete",
      responses: { 204: nothing },
      handle: remove,
    },
  ],
};

async function list({ db, who, query }: TenantCall<PageQuery>): Promise<JsonAnswer> {
  const place = decodeCursor(query.cursor, isDomainPlace);
  const { items, total, next } = await listDomains(db, who, { limit: query.limit, place });
  return { status: 200, body: { items: items.map(shown), total, nextCursor: next && encodeCursor(next) } };
}

function isDomainPlace(value: unknown): value is DomainPlace {
  if (typeof value !== "object" || value === null) return false;
  const { after, total } = value as Partial<Record<keyof DomainPlace, unknown>>;
  return typeof after === "string" && after.length <= 253 && !after.includes("\0") && isTotal(total);
}

async function post({ db, who, body }: TenantCall<unknown, { domain: string }>): Promise<JsonAnswer> {
  return { status: 201, body: shown(await createDomain(db, who, body.domain)) };
}

async function verify({
  db,
  who,
  params,
  body,
  lookUpTxt,
}: TenantCall<unknown, { force?: boolean }>): Promise<JsonAnswer> {
  const { force = false } = body;
  if (force && who.actor.type !== "operator") {
    throw new Refusal("forbidden", "Only the operator may verify by force. Leave `force` out.");
  }
  return {
    status: 200,
    body: shown(await verifyDomain(db, who, params["domain"] ?? "", force ? "operator" : lookUpTxt)),
  };
}

async function patch(call: TenantCall<unknown, { autoJoin?: Partial<AutoJoin> }>): Promise<JsonAnswer> {
  const { db, who, params, body, permissions } = call;
  const domain = await updateDomain(db, who, params["domain"] ?? "", body.autoJoin ?? {}, permissions);
  return { status: 200, body: shown(domain) };
}

async function remove({ db, who, params }: TenantCall): Promise<JsonAnswer> {
  await removeDomain(db, who, params["domain"] ?? "");
  return { status: 204 };
}

function shown(domain: Domain): Record<string, unknown> {
  return { ...domain, txtName: txtName(domain.domain) };
}
