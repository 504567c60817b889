import assert from "node:assert/strict";
import {
  listSigningKeys,
  retireSigningKey,
  rotateSigningKey,
  signingKeys,
  tendSigningKeys,
} from "../../src/directory/applications/signingKeys.ts";
import { sweepOidcPayloads } from "../../src/directory/applications/oidcRetention.ts";
import type { Database } from "../../src/storage/types.ts";
import { asOwner } from "../storage/catalogue.ts";
import { testDatabase } from "../support/database.ts";

const DAY = 86_400_000;
const secretKeys = [Buffer.alloc(32, 7)];
const day = (n: number): Date => new Date(Date.UTC(2031, 0, 1) + n * DAY);

describe("signing keys", () => {
  let db: Database;
  let before: { kid: string; private_key: Buffer; created_at: Date; signs_from: Date }[];
  // The keys are the whole server's: those of other cases are put aside and put back.
  beforeEach(async () => {
    db = await testDatabase();
    before = await asOwner(db, "delete from oidc_signing_keys returning *");
  });
  afterEach(async () => {
    await asOwner(db, "delete from oidc_signing_keys");
    for (const { kid, private_key, created_at, signs_from } of before) {
      await asOwner(db, "insert into oidc_signing_keys values ($1,$2,$3,$4)", [
        kid,
        private_key,
        created_at,
        signs_from,
      ]);
    }
  });

  const states = async (now: Date): Promise<string[]> => (await listSigningKeys(db, now)).map(({ state }) => state);

  it("are made once, however many ask at the same time, and sealed", async () => {
    const all = await Promise.all(Array.from({ length: 3 }, () => signingKeys({ db, secretKeys }, day(0))));
    assert.equal(new Set(all.map((keys) => keys.map(({ kid }) => kid).join())).size, 1);
    assert.equal(all[0]?.length, 1);
    const [row] = await asOwner<{ private_key: Buffer }>(db, "select private_key from oidc_signing_keys");
    assert.ok(!row?.private_key.toString("latin1").includes('"d"'));
    await assert.rejects(signingKeys({ db, secretKeys: [Buffer.alloc(32, 8)] }, day(0)), /USHER_SECRET_KEY/);
    assert.equal((await signingKeys({ db, secretKeys: [Buffer.alloc(32, 8), ...secretKeys] }, day(0))).length, 1);
  });

  it("sign after they were published for a day, and stay for 30 after the next one signs", async () => {
    const [first] = await signingKeys({ db, secretKeys }, day(0));
    await tendSigningKeys({ db, secretKeys }, day(89));
    assert.deepEqual(await states(day(89)), ["current"]);
    for (const at of [91, 91.1, 91.9]) await tendSigningKeys({ db, secretKeys }, day(at));
    assert.deepEqual(await states(day(91.9)), ["next", "current"]);
    assert.equal((await signingKeys({ db, secretKeys }, day(91.9)))[0]?.kid, first?.kid);
    assert.deepEqual(await states(day(92.1)), ["current", "old"]);
    const rotated = await signingKeys({ db, secretKeys }, day(92.1));
    assert.deepEqual([rotated.length, rotated[1]?.kid], [2, first?.kid]);
    await tendSigningKeys({ db, secretKeys }, day(121));
    assert.deepEqual(await states(day(121)), ["current", "old"]);
    await tendSigningKeys({ db, secretKeys }, day(122.1));
    assert.deepEqual(await states(day(122.1)), ["current"]);
  });

  it("are retired by hand, but for the one that signs", async () => {
    const [first] = await signingKeys({ db, secretKeys }, day(0));
    assert.ok(first);
    await assert.rejects(retireSigningKey(db, first.kid, day(0)), { code: "conflict" });
    await assert.rejects(retireSigningKey(db, "none", day(0)), { code: "not_found" });
    const next = await rotateSigningKey({ db, secretKeys }, day(1), 30_000);
    assert.deepEqual(await states(day(1)), ["next", "current"]);
    await retireSigningKey(db, first.kid, day(2));
    assert.deepEqual(
      (await signingKeys({ db, secretKeys }, day(2))).map(({ kid }) => kid),
      [next],
    );
  });
});

describe("what the OpenID Provider keeps", () => {
  it("is deleted once it is over, in batches, and what lives is left", async () => {
    const db = await testDatabase();
    const insert = `insert into oidc_payloads (kind, id, payload, expires_at)
      select 'Sweep', sha256(convert_to(n::text, 'UTF8')), '{}', $1 from generate_series($2::int, $3::int) n`;
    await asOwner(db, insert, [new Date(Date.now() - DAY), 1, 25]);
    await asOwner(db, insert, [new Date(Date.now() + DAY), 26, 30]);
    assert.ok((await sweepOidcPayloads(db, new Date(), 10)) >= 25);
    const [left] = await asOwner<{ count: number }>(
      db,
      "select count(*)::int as count from oidc_payloads where kind = 'Sweep'",
    );
    assert.equal(left?.count, 5);
    await asOwner(db, "delete from oidc_payloads where kind = 'Sweep'");
  });
});
