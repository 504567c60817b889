import assert from "node:assert/strict";
import * as fc from "fast-check";
import { isRefusal } from "../../src/base/errors.ts";
import { newId } from "../../src/base/ids.ts";
import { newCredential, tenantOfCredential } from "../../src/directory/tenants/credential.ts";
import { firstDirectory } from "../../src/directory/directories/directories.store.ts";
import { deleteDirectory } from "../../src/directory/directories/deleteDirectory.ts";
import {
  authenticateScimToken,
  createScimToken,
  type NewScimToken,
  revokeScimToken,
} from "../../src/directory/directories/scimTokens.ts";
import { createScimGroup } from "../../src/directory/directories/scimGroups.ts";
import { createScimMember } from "../../src/directory/directories/scimMembers.ts";
import { deleteTenant } from "../../src/directory/tenants/deletedTenants.ts";
import { onceInTenant } from "../../src/storage/scope.ts";
import type { Database, Who } from "../../src/storage/types.ts";
import { testDatabase } from "../support/database.ts";
import { newTenant } from "../support/tenant.ts";

const wanted: NewScimToken = { name: "Okta", directoryId: null, dialect: "tolerant", expiresAt: null };
const NOW = new Date();

async function place(): Promise<{ db: Database; who: Who }> {
  const { id } = await newTenant();
  return { db: await testDatabase(), who: { tenantId: id, actor: { type: "operator" }, now: NOW } };
}

async function assertRefused(work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(isRefusal(error, "unauthenticated"));
    assert.equal(
      error.message,
      "This SCIM token is not valid: unknown, expired, revoked, or not approved yet. Use another.",
    );
    return true;
  });
}

describe("authenticateScimToken", () => {
  it("tells tenant, directory and dialect of a token", async () => {
    const { db, who } = await place();
    const { id, token } = await createScimToken(db, who, { ...wanted, dialect: "rfc" });
    const [[directory]] = await onceInTenant(db, who, firstDirectory(who.tenantId));
    for (const _ of ["from the database", "from memory"]) {
      const { tenantId, tokenId, directoryId, dialect } = await authenticateScimToken(db, token, NOW);
      assert.deepEqual([tenantId, tokenId, directoryId, dialect], [who.tenantId, id, directory?.id, "rfc"]);
    }
  });

  it("refuses a token that was remembered and is revoked here, at once (T16)", async () => {
    const { db, who } = await place();
    const { id, token } = await createScimToken(db, who, wanted);
    await authenticateScimToken(db, token, NOW);
    await revokeScimToken(db, who, id);
    await assertRefused(authenticateScimToken(db, token, NOW));
  });

  it("still takes a tenant's other tokens after one was revoked", async () => {
    const { db, who } = await place();
    const [first, second] = [await createScimToken(db, who, wanted), await createScimToken(db, who, wanted)];
    await revokeScimToken(db, who, first.id);
    assert.equal((await authenticateScimToken(db, second.token, NOW)).tokenId, second.id);
  });

  it("refuses a remembered token from the moment at which it expires", async () => {
    const { db, who } = await place();
    const expiresAt = new Date(NOW.getTime() + 1000);
    const { token } = await createScimToken(db, who, { ...wanted, expiresAt });
    await authenticateScimToken(db, token, NOW);
    await authenticateScimToken(db, token, new Date(expiresAt.getTime() - 1));
    await assertRefused(authenticateScimToken(db, token, expiresAt));
  });

  it("refuses remembered tokens of a deleted directory and of a deleted tenant", async () => {
    const { db, who } = await place();
    const { token, directoryId } = await createScimToken(db, who, wanted);
    await authenticateScimToken(db, token, NOW);
    await deleteDirectory(db, who, directoryId, "keep");
    await assertRefused(authenticateScimToken(db, token, NOW));

    const other = await place();
    const second = await createScimToken(other.db, other.who, wanted);
    await authenticateScimToken(db, second.token, NOW);
    await deleteTenant(other.db, other.who);
    await assertRefused(authenticateScimToken(db, second.token, NOW));
  });

  it("is followed by a refusal, and no fault, where another process has deleted the directory meanwhile", async () => {
    const { db, who } = await place();
    const { directoryId } = await createScimToken(db, who, wanted);
    await deleteDirectory(db, who, directoryId, "keep");
    const caller = { ...who, directoryId };
    const ana = { scim: { userName: "ana@example.com" }, active: undefined, password: undefined };
    const writes = [
      () => createScimMember(db, caller, ana),
      () => createScimGroup(db, caller, { displayName: "Nurses" }, [], undefined),
    ];
    for (const write of writes) await assert.rejects(write, (error) => isRefusal(error, "unauthenticated"));
  });

  it("refuses a token of another tenant's name with this tenant's secret (T16)", async () => {
    const [own, other] = [await place(), await place()];
    const { token } = await createScimToken(own.db, own.who, wanted);
    const moved = token.replace(own.who.tenantId.replaceAll("-", ""), other.who.tenantId.replaceAll("-", ""));
    await assertRefused(authenticateScimToken(own.db, moved, NOW));
  });

  it("refuses what has not the form of a token without asking the database", async () => {
    const unreachable = { pool: { connect: () => assert.fail("asked the database") } } as unknown as Database;
    const { who } = await place();
    const { token } = newCredential("usc", who.tenantId);
    const malformed = [
      "",
      "usc_",
      token.slice(0, -1),
      `${token}A`,
      token.toUpperCase(),
      token.replace("usc", "usk"),
      ` ${token}`,
      `${token}\n`,
      token.replace(/_[0-9a-f]/, "_g"),
      `usc_${"0".repeat(32)}_${"A".repeat(43)}`,
    ];
    for (const text of malformed) await assertRefused(authenticateScimToken(unreachable, text, NOW));
    await fc.assert(
      fc.asyncProperty(fc.string(), (text) => assertRefused(authenticateScimToken(unreachable, text, NOW))),
    );
  });
});

describe("a credential", () => {
  it("names its tenant, for its own kind alone", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date(2 ** 47), noInvalidDate: true }), (now) => {
        const tenantId = newId(now);
        const { token } = newCredential("usc", tenantId);
        assert.equal(tenantOfCredential("usc", token), tenantId);
        assert.equal(tenantOfCredential("usk", token), undefined);
      }),
    );
  });

  it("is never made twice", () => {
    const tenantId = newId(NOW);
    const made = Array.from({ length: 100 }, () => newCredential("usk", tenantId).token);
    assert.equal(new Set(made).size, made.length);
  });
});
