/** One of everything that is sealed with USHER_SECRET_KEY, made by the code that seals it. */
import { newId } from "../../src/base/ids.ts";
import { hashToken, seal } from "../../src/base/secrets.ts";
import { beginTotp } from "../../src/directory/accounts/totp.ts";
import { rotateSigningKey } from "../../src/directory/applications/signingKeys.ts";
import { addConnectionKey } from "../../src/directory/connections/connectionKeys.ts";
import { createConnection } from "../../src/directory/connections/connections.ts";
import { createCustomResource } from "../../src/directory/directories/customResources.ts";
import { firstDirectory } from "../../src/directory/directories/directories.store.ts";
import { createScimMember } from "../../src/directory/directories/scimMembers.ts";
import { rememberAttempt } from "../../src/directory/signIn/signInAttempts.ts";
import { createTenant } from "../../src/directory/tenants/tenants.ts";
import { createWebhook, rotateWebhookSecret } from "../../src/events/webhooks.ts";
import { enqueueAll } from "../../src/events/jobs.store.ts";
import { acrossTenants, inTenant, onceInTenant } from "../../src/storage/scope.ts";
import type { Database, Who } from "../../src/storage/types.ts";
import { usual } from "../../src/admin/connections.ts";
import { testType } from "../provisioning/customClient.ts";
import { ways } from "../support/api.ts";

/** How many there are. */
export const SEALED = 9;

/** Makes them in a tenant of their own, and three jobs, of which two are parked. */
export async function sealedWorld(db: Database, secretKeys: readonly Buffer[]): Promise<{ who: Who }> {
  const now = new Date();
  const parts = { db, secretKeys, outbound: ways.outbound };
  const slug = `sealed-${newId(now).slice(-12)}`;
  const operator = { actor: { type: "operator" }, now } as const;
  const wanted = { slug, name: slug, plan: null, ownLimit: null, settings: {} };
  const { id: tenantId } = await createTenant(db, operator, wanted);
  const who: Who = { tenantId, ...operator };

  const hook = { url: "https://example.com/hook", events: ["*"], description: "", enabled: true } as never;
  const { webhook } = await createWebhook(parts, who, hook);
  await rotateWebhookSecret(parts, who, webhook.id);

  const oidc = { issuer: "https://idp.example", clientId: "usher" };
  const data = { saml: null, oidc, clientSecret: "a client secret" };
  const connection = await createConnection(parts, who, { ...usual, name: "OIDC", protocol: "oidc", data });
  const saml = await createConnection(parts, who, { ...usual, name: "SAML", protocol: "saml", data: null });
  await addConnectionKey(parts, who, saml.id);
  const attemptId = newId(now);
  await rememberAttempt(db, who, {
    id: attemptId,
    connectionId: connection.id,
    browserHash: hashToken("browser"),
    requestId: "state",
    proof: seal(secretKeys, "nonce and verifier", `attempt:${attemptId}`),
    returnTo: "/",
    testId: null,
    invitationHash: null,
    demands: null,
    expiresAt: new Date(now.getTime() + 900_000),
  });

  const [[directory]] = await onceInTenant(db, who, firstDirectory(tenantId));
  const pushed = { ...who, directoryId: directory?.id ?? "" };
  await createCustomResource(db, pushed, { type: testType, secretKeys }, { text: "one", writeOnly: "hush" });
  const ana = { scim: { userName: `ana@${slug}.example` }, active: undefined, password: undefined };
  const member = await createScimMember(db, pushed, ana);
  const label = { issuer: "Usher", account: "ana" };
  await beginTotp(db, { kind: "member", tenantId, id: member.id }, label, secretKeys);
  const accountId = newId(now);
  await acrossTenants(db, operator, ({ trx }) =>
    trx.run({
      text: "insert into accounts (id, email, email_key, name, password_hash, created_at) values ($1,$2,$2,'{}','x',$3)",
      values: [accountId, `ana@${slug}.example`, now],
    }),
  );
  await beginTotp(db, { kind: "account", id: accountId }, label, secretKeys);
  await rotateSigningKey({ db, secretKeys }, now, 0);
  await jobs(db, who);
  return { who };
}

async function jobs(db: Database, who: Who): Promise<void> {
  const kinds = ["test.parked", "test.parked.other", "test.waiting"];
  await inTenant(db, who, (scope) =>
    enqueueAll(
      scope,
      kinds.map((kind) => ({ kind, payload: { member: who.tenantId }, runAt: new Date(Date.now() + 3_600_000) })),
    ),
  );
  await acrossTenants(db, who, ({ trx }) =>
    trx.run({
      text: `update jobs set state = 'dead', attempts = 20, last_error = 'the far side is gone'
        where tenant_id = $1 and kind like 'test.parked%'`,
      values: [who.tenantId],
    }),
  );
}
