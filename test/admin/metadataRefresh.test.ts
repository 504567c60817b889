/** S44: what an identity provider's metadata says on the second reading. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { readMetadata } from "../../src/admin/connectionSettings.ts";
import { askForMetadata, metadataJobs, refreshMetadata } from "../../src/directory/connections/metadataRefresh.ts";
import { readIdpMetadata } from "../../src/sso/saml/idpMetadata.ts";
import type { Who } from "../../src/storage/types.ts";
import { ways } from "../support/api.ts";
import { metadata, samlFields, served } from "./idpSide.ts";
import { items, place, type Place } from "./place.ts";

const HOUR = 3_600_000;
const bare = (pem: string) => pem.replaceAll(/-----[^-]+-----|\s/g, "");
const next = readFileSync(new URL("../saml/keys/attacker.crt", import.meta.url), "utf8");
const nextKey = `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${bare(next)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
const overlapping = metadata().replace("<md:SingleSignOnService", `${nextKey}<md:SingleSignOnService`);
const rolled = overlapping.replace(/<md:KeyDescriptor.*?<\/md:KeyDescriptor>/s, "");
const read = (url: string, now: Date) =>
  readMetadata(url, { ...ways, publicUrl: "https://usher.example", now, whose: url });

interface World {
  readonly here: Place;
  readonly id: string;
  /** What the address answers from now on. */
  answer: RequestListener;
  readonly refresh: (at?: Date) => Promise<void>;
  readonly saml: () => Promise<{ certificates: string[]; metadata: { refreshedAt: string; lastError: string | null } }>;
}

const says =
  (text: string, status = 200): RequestListener =>
  (_req, res) =>
    void res.writeHead(status).end(text);

async function world(work: (world: World) => Promise<void>): Promise<void> {
  const here = await place();
  let answer = says(metadata());
  await served(
    (req, res) => answer(req, res),
    async (url) => {
      const body = { protocol: "saml", name: "Example IdP", saml: { metadataUrl: `${url}/metadata` } };
      const made = await here.call("POST", "/connections", body);
      assert.equal(made.status, 201, made.text);
      const id = made.body.id as string;
      const who = (now: Date): Who => ({ tenantId: here.tenantId, actor: { type: "system" }, now });
      await work({
        here,
        id,
        set answer(listener: RequestListener) {
          answer = listener;
        },
        refresh: (at = new Date()) => refreshMetadata(here.db, read, who(at), id),
        saml: async () => (await here.call("GET", `/connections/${id}`)).body.saml,
      });
    },
  );
}

describe("metadata that is read again (S44)", () => {
  it("brings the next certificate beside the old one, and then without it; who is enabled stays so", () =>
    world(async (around) => {
      const { here, id } = around;
      assert.equal((await here.call("PATCH", `/connections/${id}`, { status: "enabled", force: true })).status, 200);
      for (const [document, count] of [
        [overlapping, 2],
        [rolled, 1],
      ] as const) {
        around.answer = says(document);
        await around.refresh();
        assert.equal((await around.saml()).certificates.length, count);
      }
      assert.equal(bare((await around.saml()).certificates[0] ?? ""), bare(next));
      assert.equal((await here.call("GET", `/connections/${id}`)).body.status, "enabled");
      const told = items(await here.call("GET", "/events?type=connection.updated&order=desc"));
      assert.deepEqual(told[0]?.["data"], { attributes: ["saml"] });
    }));

  it("writes and tells nothing where nothing has changed, but when it was read", () =>
    world(async (around) => {
      const { updatedAt } = (await around.here.call("GET", `/connections/${around.id}`)).body;
      const at = new Date(Date.now() + HOUR);
      await around.refresh(at);
      const { body } = await around.here.call("GET", `/connections/${around.id}`);
      assert.deepEqual([body.updatedAt, body.saml.metadata.refreshedAt], [updatedAt, at.toISOString()]);
      assert.deepEqual(items(await around.here.call("GET", "/events?type=connection.updated")), []);
    }));

  const expired = metadata().replace("entityID=", 'validUntil="2020-01-01T00:00:00Z" entityID=');
  const bad: readonly (readonly [name: string, answer: RequestListener, fault: RegExp])[] = [
    ["is of another entity", says(metadata("https://evil.example/entity")), /another entity/],
    ["has no certificate", says(metadata().replace(/<md:KeyDescriptor.*?<\/md:KeyDescriptor>/s, "")), /certificate/],
    ["has ended", says(expired), /validUntil/],
    ["is a page for people", says("<!DOCTYPE html><p>Sign in</p>"), /document type/],
    ["is an error", says("gone", 503), /503/],
    ["is elsewhere", (_req, res) => void res.writeHead(302, { location: "http://127.0.0.1/" }).end(), /302/],
    ["is larger than 1 MiB", says(metadata() + " ".repeat(1_100_000)), /1 MiB/],
    ["is cut off", (req) => void req.socket.destroy(), /could not be read/],
  ];
  for (const [name, answer, fault] of bad) {
    it(`that ${name} leaves the last good one in force, is seen at the connection and told once`, () =>
      world(async (around) => {
        const before = await around.saml();
        around.answer = answer;
        await around.refresh();
        await around.refresh();
        const after = await around.saml();
        assert.match(after.metadata.lastError ?? "", fault);
        const { lastError } = after.metadata;
        assert.deepEqual({ ...after, metadata: { ...after.metadata, lastError: null } }, before);
        const told = items(await around.here.call("GET", "/events?type=connection.metadata_failed"));
        assert.deepEqual(
          told.map(({ data }) => data),
          [{ fault: lastError }],
        );
        around.answer = says(metadata());
        await around.refresh();
        assert.equal((await around.saml()).metadata.lastError, null);
      }));
  }

  it("is asked for when it is due, by one of two who look, and by nobody once it was handed in otherwise", () =>
    world(async ({ here, id }) => {
      const jobs = async () => {
        const text = "select payload from jobs where tenant_id = $1 and kind = 'connection.metadata'";
        return (await here.db.pool.query(text, [here.tenantId])).rows.length;
      };
      await askForMetadata(here.db, new Date());
      assert.equal(await jobs(), 0);
      const later = new Date(Date.now() + HOUR + 60_000);
      await Promise.all([askForMetadata(here.db, later), askForMetadata(here.db, later)]);
      assert.equal(await jobs(), 1);
      assert.equal((await here.call("PATCH", `/connections/${id}`, { saml: samlFields })).status, 200);
      assert.equal((await here.call("GET", `/connections/${id}`)).body.saml.metadata, null);
      await askForMetadata(here.db, new Date(later.getTime() + 48 * HOUR));
      assert.equal(await jobs(), 1);
      const { "connection.metadata": handler } = metadataJobs(here.db, () => assert.fail("nothing is read"));
      assert.ok(handler && "outside" in handler);
      const job = { id: 1, tenantId: here.tenantId, kind: "", key: null, attempts: 1, createdAt: new Date() };
      await handler.outside({ ...job, payload: { connectionId: id } }, AbortSignal.timeout(1000));
    }));

  it("that was changed by hand while it was read is left as the hand said", () =>
    world(async ({ here, id }) => {
      const slow = async (url: string, now: Date) => {
        const document = await read(url, now);
        assert.equal((await here.call("PATCH", `/connections/${id}`, { saml: samlFields })).status, 200);
        return { ...document, saml: { ...document.saml, ssoUrl: "https://stale.example/sso" } };
      };
      await refreshMetadata(here.db, slow, { tenantId: here.tenantId, actor: { type: "system" }, now: new Date() }, id);
      assert.equal((await here.call("GET", `/connections/${id}`)).body.saml.ssoUrl, samlFields.ssoUrl);
    }));

  it("is due when it says so, within an hour and a day (SAML Metadata §4.3.1)", () => {
    const now = new Date("2026-11-01T12:00:00Z");
    const rows = [
      ["", 1],
      ['cacheDuration="PT5H30M"', 5.5],
      ['cacheDuration="PT5M"', 1],
      ['cacheDuration="P1M"', 24],
      ['cacheDuration="P3D"', 24],
      ['cacheDuration="soon"', 24],
      ['validUntil="2026-11-01T15:00:00Z"', 3],
      ['cacheDuration="P1D" validUntil="2026-11-01T14:00:00Z"', 2],
      ['cacheDuration="PT2H" validUntil="2027-11-01T14:00:00Z"', 2],
    ] as const;
    for (const [attributes, hours] of rows) {
      const { refreshAt } = readIdpMetadata(metadata().replace("entityID=", `${attributes} entityID=`), now);
      assert.equal((refreshAt.getTime() - now.getTime()) / HOUR, hours, attributes);
    }
  });
});
