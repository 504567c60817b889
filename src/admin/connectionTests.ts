/** Test sign-ins: what an identity provider sends, and what would come of it. */
import { type ConnectionTest, createTest, readTest } from "../directory/connections/connectionTests.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import { arrayOf, id, instant, json, nullable, record, ref, text } from "./schemas.ts";

const texts = arrayOf(text);
const name = record({ givenName: nullable(text), familyName: nullable(text), displayName: nullable(text) });
const groups = record({ state: { type: "string", enum: ["absent", "overage", "read"] }, values: texts });

const values = {
  type: "object",
  additionalProperties: texts,
  description: "Values by attribute or claim; very long ones and very many are cut.",
};

const wouldBe = {
  anyOf: [
    record({
      memberId: { ...nullable(id), description: "Null for somebody who would be made." },
      by: { type: "string", enum: ["identity", "directoryMatch", "verifiedDomain", "invitation", "jit"] },
      email: nullable(text),
      displayName: text,
    }),
    { type: "null" },
  ],
};

const refusedOutcome = record({
  result: { type: "string", enum: ["refused"] },
  reason: { ...text, description: "A stable code, such as `link_mustExist`." },
  detail: text,
});
const signedInOutcome = record({
  result: { type: "string", enum: ["signed_in"] },
  roles: record({ before: nullable(texts), after: texts }),
  seat: record({ before: nullable(text), after: text }),
});
const wouldHappen = { anyOf: [refusedOutcome, signedInOutcome] };

const result = {
  anyOf: [
    record({
      arrived: record({ issuer: text, subject: text, values }),
      mapped: record({ email: nullable(text), name, groups, match: texts }),
      wouldBe,
      wouldHappen,
    }),
    { type: "null" },
  ],
};

export const connectionTests: Resource = {
  tag: "Test sign-ins",
  description:
    "Somebody signs in at the identity provider and nothing comes of it but the knowledge of what would: who it would " +
    "be, with which roles and seat. A draft by which somebody would be signed in becomes `tested`.",
  schemas: {
    ConnectionTest: record({
      id,
      status: {
        type: "string",
        enum: ["pending", "passed", "refused", "expired"],
        description: "`refused`: the answer was taken, but the person would not be signed in.",
      },
      createdAt: instant,
      expiresAt: instant,
      finishedAt: nullable(instant),
      result,
      refusals: {
        ...arrayOf(record({ at: instant, reason: nullable(text), detail: nullable(text) })),
        description:
          "Answers that the connection has refused since, to the address from which the test was opened; latest first.",
      },
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/connections/{id}/tests",
      operationId: "createConnectionTest",
      summary: "Begin a test sign-in; whoever opens the address within the hour is sent to the identity provider",
      permission: "connections:edit",
      setup: "sso",
      responses: { 201: json("The address to open, shown this once.", record({ id, url: text, expiresAt: instant })) },
      handle: post,
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/connections/{id}/tests/{testId}",
      operationId: "getConnectionTest",
      summary: "Read what a test came to; kept for a week",
      permission: "connections:edit",
      setup: "sso",
      responses: { 200: json("The test.", ref("ConnectionTest")) },
      handle: read,
    },
  ],
};

async function post({ db, who, params, publicUrl }: TenantCall): Promise<JsonAnswer> {
  const connectionId = params["id"] ?? "";
  const { id: testId, secret, expiresAt } = await createTest(db, who, connectionId);
  const url = `${publicUrl}/sso/test?${new URLSearchParams({ c: connectionId, t: secret })}`;
  return { status: 201, body: { id: testId, url, expiresAt } };
}

async function read({ db, who, params }: TenantCall): Promise<JsonAnswer> {
  const body: ConnectionTest = await readTest(db, who, params["id"] ?? "", params["testId"] ?? "");
  return { status: 200, body };
}
