import assert from "node:assert/strict";
import * as fc from "fast-check";
import { connectionsForDomain } from "../../src/directory/connections/connectionsForSignIn.ts";
import { domainName, withParents } from "../../src/directory/domains/domainName.ts";
import { createDomain, verifyDomain } from "../../src/directory/domains/domains.ts";
import { createTenant } from "../../src/directory/tenants/tenants.ts";
import { isRefusal } from "../../src/base/errors.ts";
import { openDatabase } from "../../src/storage/database.ts";
import type { Database } from "../../src/storage/types.ts";
import { withPostgres } from "../storage/withPostgres.ts";
import { say, type Zone } from "../support/dns.ts";
import type { LookUpTxt } from "../../src/http/dns.ts";
import { testDatabase } from "../support/database.ts";
import { newSlug } from "../support/tenant.ts";
import { items, place, refused, statuses, told, type Place } from "./place.ts";

let made = 0;

/** A domain that no other case has, for owners are unique over all tenants. */
function newDomain(): string {
  made += 1;
  return `case-${process.pid}-${Date.now().toString(36)}-${made}.example`;
}

async function claim(here: Place, domain = newDomain()): Promise<string> {
  const { status, text } = await here.call("POST", "/domains", { domain });
  assert.equal(status, 201, text);
  return domain;
}

async function verified(here: Place, domain = newDomain()): Promise<string> {
  await claim(here, domain);
  const { status, text } = await here.call("POST", `/domains/${domain}/verify`, { force: true });
  assert.equal(status, 200, text);
  return domain;
}

async function valueOf(here: Place, domain: string): Promise<string> {
  const found = items(await here.call("GET", "/domains?limit=200")).find((each) => each["domain"] === domain);
  return String(found?.["txtValue"]);
}

/** Puts the record of a claim into the DNS. */
async function prove(here: Place, domain: string): Promise<void> {
  say(`_usher.${domain}`, { txt: [[await valueOf(here, domain)]] });
}

describe("POST /tenants/{t}/domains", () => {
  it("claims a domain, and says which TXT record proves it", async () => {
    const here = await place();
    const domain = newDomain();
    const { status, body } = await here.call("POST", "/domains", { domain });
    assert.equal(status, 201);
    const { txtValue, createdAt: _createdAt, ...rest } = body;
    assert.match(txtValue, /^usher-verification=[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(rest, {
      domain,
      status: "pending",
      txtName: `_usher.${domain}`,
      autoJoin: { enabled: false, role: null, approval: false, team: null },
      verifiedAt: null,
      verifiedBy: null,
      checkedAt: null,
      checkFault: null,
      failedDays: 0,
    });
    const events = await here.call("GET", "/events?type=domain.created");
    assert.deepEqual(told(items(events)[0], "data"), { domain });
  });

  it("gives each claim a value of its own, so that nobody proves another's", async () => {
    const [one, other] = [await place(), await place()];
    const domain = await claim(one);
    await claim(other, domain);
    const [first, second] = [items(await one.call("GET", "/domains")), items(await other.call("GET", "/domains"))];
    assert.notEqual(first[0]?.["txtValue"], second[0]?.["txtValue"]);
  });

  const forms: readonly (readonly [what: string, written: string, kept: string])[] = [
    ["upper case", "ACME.Example", "acme.example"],
    ["the root's dot", "acme.example.", "acme.example"],
    ["spaces around it", "  acme.example ", "acme.example"],
    ["U-labels (RFC 5890 §2.3.2.1)", "München.example", "xn--mnchen-3ya.example"],
    ["A-labels", "XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example"],
    ["the full stops that IDNA reads as dots", "acme。example．", "acme.example"],
    ["full-width letters", "ａｃｍｅ.example", "acme.example"],
    ["a domain below a public suffix", "acme.co.uk", "acme.co.uk"],
    ["a domain below a private suffix", "acme.github.io", "acme.github.io"],
    ["a subdomain", "eu.acme.example", "eu.acme.example"],
  ];
  for (const [what, written, kept] of forms) {
    it(`takes ${what}`, async () => {
      const here = await place();
      const { status, body, text } = await here.call("POST", "/domains", { domain: written });
      assert.equal(status, 201, text);
      assert.equal(body.domain, kept);
    });
  }

  const unfit: readonly (readonly [what: string, domain: string])[] = [
    ["a public suffix", "co.uk"],
    ["a public suffix in another script", "公司.cn"],
    ["a top-level domain", "com"],
    ["a private suffix, under which strangers have sites", "github.io"],
    ["gmail.com", "Gmail.com."],
    ["a subdomain of a mail service", "mail.gmail.com"],
    ["a mail service of some country", "yahoo.co.uk"],
    ["a mail service by its A-label's twin", "ｇｍａｉｌ.com"],
    ["a wildcard", "*.acme.example"],
    ["an address", "ana@acme.example"],
    ["a URL", "https://acme.example/"],
    ["a port", "acme.example:443"],
    ["an IPv4 address", "127.0.0.1"],
    ["an IPv4 address in hexadecimal", "0x7f.1"],
    ["an IPv6 address", "[::1]"],
    ["one label", "localhost"],
    ["an empty label", "acme..example"],
    ["a label that begins with a hyphen", "-acme.example"],
    ["an underscore", "_usher.acme.example"],
    ["a label of 64 characters", `${"a".repeat(64)}.example`],
    ["254 characters", `${"a.".repeat(124)}example`],
    ["two dots at the end", "acme.example.."],
    ["U+0000", "acme\0.example"],
    ["a percent sign", "acme%2eexample.com"],
    ["nothing but spaces", "   "],
  ];
  for (const [what, domain] of unfit) {
    it(`refuses ${what}`, async () => {
      const here = await place();
      const problem = refused(await here.call("POST", "/domains", { domain }), 400, "invalid_request");
      if ("errors" in problem) assert.equal((problem["errors"] as { path: string }[])[0]?.path, "/domain");
      assert.deepEqual(items(await here.call("GET", "/domains")), []);
    });
  }

  it("refuses a domain that the tenant has, however it is written", async () => {
    const here = await place();
    const domain = await claim(here);
    refused(await here.call("POST", "/domains", { domain: `${domain.toUpperCase()}.` }), 409, "conflict");
  });

  it("refuses a status that the body brings", async () => {
    const here = await place();
    refused(await here.call("POST", "/domains", { domain: newDomain(), status: "verified" }), 400, "invalid_request");
  });

  it("needs domains:create", async () => {
    const here = await place();
    const call = await here.as("domains:view", "domains:edit", "connections:create");
    refused(await call("POST", "/domains", { domain: newDomain() }), 403, "forbidden");
  });
});

describe("GET /tenants/{t}/domains", () => {
  it("shows each domain once, by name, however long its pages are", async () => {
    const here = await place();
    const all = [await claim(here), await claim(here), await claim(here)].toSorted();
    for (const limit of [1, 2, 3]) {
      const seen: unknown[] = [];
      let cursor = "";
      do {
        const { body } = await here.call("GET", `/domains?limit=${limit}${cursor && `&cursor=${cursor}`}`);
        assert.equal(body.total, 3);
        seen.push(...body.items.map((each: { domain: string }) => each.domain));
        cursor = body.nextCursor ?? "";
      } while (cursor !== "");
      assert.deepEqual(seen, all);
    }
  });

  it("refuses a cursor of another list", async () => {
    const here = await place();
    const cursor = Buffer.from(JSON.stringify({ after: 7, total: 1 })).toString("base64url");
    refused(await here.call("GET", `/domains?cursor=${cursor}`), 400, "invalid_request");
  });
});

describe("POST /tenants/{t}/domains/{domain}/verify", () => {
  it("makes the tenant the owner by the operator's force, once, and tells it", async () => {
    const here = await place();
    const domain = await verified(here);
    const again = await here.call("POST", `/domains/${domain.toUpperCase()}./verify`, { force: true });
    assert.equal(again.body.status, "verified");
    assert.notEqual(again.body.verifiedAt, null);
    const events = items(await here.call("GET", "/events?type=domain.verified"));
    assert.deepEqual(
      events.map((event) => event["data"]),
      [{ domain, by: "operator" }],
    );
  });

  it("refuses force to whoever is not the operator, even with every permission", async () => {
    const here = await place();
    const domain = await claim(here);
    const call = await here.as("*");
    refused(await call("POST", `/domains/${domain}/verify`, { force: true }), 403, "forbidden");
    assert.equal(items(await here.call("GET", "/domains"))[0]?.["status"], "pending");
  });

  it("refuses with domain_not_verified where nothing proves the domain, and says what to do", async () => {
    const here = await place();
    const domain = await claim(here);
    for (const call of [here.call, await here.as("domains:edit")]) {
      for (const body of [{}, { force: false }]) {
        const { detail } = refused(await call("POST", `/domains/${domain}/verify`, body), 409, "domain_not_verified");
        assert.match(String(detail), /operator/);
      }
    }
  });

  it("makes the tenant the owner by its TXT record, for a key of the tenant itself", async () => {
    const here = await place();
    const domain = await claim(here);
    await prove(here, domain);
    const call = await here.as("domains:edit");
    const { status, body, text } = await call("POST", `/domains/${domain}/verify`, {});
    assert.equal(status, 200, text);
    assert.deepEqual([body.status, body.verifiedBy, body.checkFault], ["verified", "dns", null]);
    assert.equal(body.checkedAt, body.verifiedAt);
    const [verifiedEvent] = items(await here.call("GET", "/events?type=domain.verified"));
    assert.deepEqual(told(verifiedEvent, "data"), { domain, by: "dns" });
  });

  const proofs: readonly (readonly [what: string, zone: (value: string) => Zone])[] = [
    ["among other TXT records of the name", (value) => ({ txt: [["v=spf1 -all"], [value], ["other"]] })],
    ["in several strings, which are joined", (value) => ({ txt: [[value.slice(0, 20), value.slice(20)]] })],
    ["behind a CNAME that the resolver follows", (value) => ({ cname: "proofs.hosted.example", txt: [[value]] })],
    ["with the quotes of a provider's form", (value) => ({ txt: [[` "${value}" `]] })],
  ];
  for (const [what, zone] of proofs) {
    it(`finds the value ${what}`, async () => {
      const here = await place();
      const domain = await claim(here);
      say(`_usher.${domain}`, zone(await valueOf(here, domain)));
      assert.equal((await here.call("POST", `/domains/${domain}/verify`, {})).status, 200);
    });
  }

  const faults: readonly (readonly [what: string, zone: Zone | null, fault: string, words: RegExp])[] = [
    ["NXDOMAIN", null, "noName", /NXDOMAIN/],
    ["a name without TXT records", { txt: [] }, "noRecord", /no TXT record/],
    ["another value", { txt: [["usher-verification=of-somebody-else"]] }, "otherValue", /another value/],
    ["SERVFAIL", { rcode: "SERVFAIL" }, "unanswered", /SERVFAIL/],
    ["REFUSED", { rcode: "REFUSED" }, "unanswered", /name servers/],
  ];
  for (const [what, zone, fault, words] of faults) {
    it(`refuses ${what} with domain_not_verified, in words of its own`, async () => {
      const here = await place();
      const domain = await claim(here);
      if (zone) say(`_usher.${domain}`, zone);
      const problem = refused(await here.call("POST", `/domains/${domain}/verify`, {}), 409, "domain_not_verified");
      assert.deepEqual([problem["fault"], problem["txtName"]], [fault, `_usher.${domain}`]);
      assert.match(String(problem["detail"]), words);
      assert.equal(items(await here.call("GET", "/domains"))[0]?.["status"], "pending");
    });
  }

  it("is not proven by the value of another tenant's claim, nor by that of a claim that was given up (T03)", async () => {
    const [mine, other] = [await place(), await place()];
    const domain = await claim(other);
    await claim(mine, domain);
    await prove(other, domain);
    refused(await mine.call("POST", `/domains/${domain}/verify`, {}), 409, "domain_not_verified");
    await other.call("DELETE", `/domains/${domain}`);
    await claim(other, domain);
    refused(await other.call("POST", `/domains/${domain}/verify`, {}), 409, "domain_not_verified");
  });

  it("holds the answer of the DNS against the claim as it is by then", async () => {
    const here = await place();
    const domain = await claim(here);
    const value = await valueOf(here, domain);
    const who = { tenantId: here.tenantId, actor: { type: "operator" }, now: new Date() } as const;
    const slow: LookUpTxt = async () => {
      // Asked outside any transaction: on the embedded database this would wait for ever inside one.
      await here.call("DELETE", `/domains/${domain}`);
      await claim(here, domain);
      return { kind: "records", values: [value] };
    };
    await assert.rejects(verifyDomain(here.db, who, domain, slow), (error) => isRefusal(error, "domain_not_verified"));
  });

  it("gives one owner to tenants whose values all stand in the DNS, when they verify at once (T03)", async () => {
    const domain = newDomain();
    const places = await Promise.all(Array.from({ length: 4 }, () => place()));
    for (const each of places) await claim(each, domain);
    const values = await Promise.all(places.map((each) => valueOf(each, domain)));
    say(`_usher.${domain}`, { txt: values.map((value) => [value]) });
    const replies = await Promise.all(places.map(({ call }) => call("POST", `/domains/${domain}/verify`, {})));
    assert.deepEqual(statuses(replies), [200, 409, 409, 409]);
    for (const reply of replies) if (reply.status === 409) refused(reply, 409, "domain_taken");
  });

  it("answers domain_taken where another tenant has verified it; the claim stays", async () => {
    const [owner, other] = [await place(), await place()];
    const domain = await verified(owner);
    await claim(other, domain);
    const path = `/domains/${domain}/verify`;
    refused(await other.call("POST", path, { force: true }), 409, "domain_taken");
    assert.equal(items(await other.call("GET", "/domains"))[0]?.["status"], "pending");
    assert.equal((await owner.call("DELETE", `/domains/${domain}`)).status, 204);
    assert.equal((await other.call("POST", path, { force: true })).status, 200);
  });

  it("is blocked by no pending claim (rule 30)", async () => {
    const [squatter, owner] = [await place(), await place()];
    const domain = await claim(squatter);
    assert.equal(await verified(owner, domain), domain);
  });

  it("lets a tenant verify a domain below another's, which it then owns alone (T03)", async () => {
    const [parent, child] = [await place(), await place()];
    const domain = await verified(parent);
    await verified(child, `eu.${domain}`);
    assert.equal((await connectionsForDomain(parent.db, `x.eu.${domain}`))?.tenantId, child.tenantId);
    assert.equal((await connectionsForDomain(parent.db, `us.${domain}`))?.tenantId, parent.tenantId);
  });

  it("gives a deleted tenant's domain to who verifies it next", async () => {
    const [gone, heir] = [await place(), await place()];
    const domain = await verified(gone);
    await gone.call("DELETE", "");
    assert.equal(await connectionsForDomain(heir.db, domain), undefined);
    await verified(heir, domain);
    assert.equal((await connectionsForDomain(heir.db, domain))?.tenantId, heir.tenantId);
  });

  it("answers not_found for a domain that another tenant has, as for one that nobody has", async () => {
    const [own, other] = [await place(), await place()];
    const theirs = await verified(other);
    for (const name of [theirs, newDomain(), "no domain", "%00", "a".repeat(300)]) {
      const path = `/domains/${encodeURIComponent(name)}`;
      for (const body of [{ force: true }, {}])
        refused(await own.call("POST", `${path}/verify`, body), 404, "not_found");
      refused(await own.call("PATCH", path, { autoJoin: { approval: true } }), 404, "not_found");
      refused(await own.call("DELETE", path), 404, "not_found");
    }
    assert.equal(items(await other.call("GET", "/domains"))[0]?.["status"], "verified");
  });

  it("gives one owner to tenants that verify at once", async () => {
    const domain = newDomain();
    const places = await Promise.all(Array.from({ length: 6 }, () => place()));
    for (const each of places) await claim(each, domain);
    const replies = await Promise.all(
      places.map(({ call }) => call("POST", `/domains/${domain}/verify`, { force: true })),
    );
    assert.deepEqual(statuses(replies), [200, 409, 409, 409, 409, 409]);
    for (const reply of replies) if (reply.status === 409) refused(reply, 409, "domain_taken");
  });
});

withPostgres("domains that several tenants verify at once, on a server", (postgres) => {
  let db: Database;
  before(async function () {
    this.timeout(120_000);
    db = await openDatabase({ url: postgres().url, prepare: true, folder: undefined, onFault: () => {} });
  });
  after(() => db.close());

  it("have one owner, whatever the order (T03)", async () => {
    const operator = { actor: { type: "operator" }, now: new Date() } as const;
    const wanted = () => ({ slug: newSlug(), name: "Example", plan: null, ownLimit: null, settings: {} });
    const tenants = await Promise.all(Array.from({ length: 10 }, () => createTenant(db, operator, wanted())));
    for (let round = 0; round < 5; round++) {
      const domain = newDomain();
      const whos = tenants.map(({ id }) => ({ ...operator, tenantId: id }));
      await Promise.all(whos.map((who) => createDomain(db, who, domain)));
      const outcomes = await Promise.allSettled(whos.map((who) => verifyDomain(db, who, domain, "operator")));
      const losers = outcomes.filter((outcome) => outcome.status === "rejected");
      assert.equal(losers.length, 9);
      for (const { reason } of losers) assert.ok(isRefusal(reason, "domain_taken"), String(reason));
    }
  });
});

describe("PATCH /tenants/{t}/domains/{domain}", () => {
  it("merges what auto-join is given, and tells it", async () => {
    const here = await place();
    const path = `/domains/${await verified(here)}`;
    const autoJoin = { enabled: true, role: "viewer" };
    assert.equal((await here.call("PATCH", path, { autoJoin })).status, 200);
    const { body } = await here.call("PATCH", path, { autoJoin: { approval: true } });
    assert.deepEqual(body.autoJoin, { enabled: true, role: "viewer", approval: true, team: null });
    assert.deepEqual((await here.call("PATCH", path, {})).body, body);
    assert.equal(items(await here.call("GET", "/events?type=domain.updated")).length, 2);
  });

  it("refuses to let people join by a domain that is not verified", async () => {
    const here = await place();
    const path = `/domains/${await claim(here)}`;
    refused(await here.call("PATCH", path, { autoJoin: { enabled: true } }), 409, "domain_not_verified");
    assert.equal((await here.call("PATCH", path, { autoJoin: { role: "viewer" } })).status, 200);
  });

  it("refuses a role that there is not, saying where", async () => {
    const here = await place();
    const path = `/domains/${await verified(here)}`;
    const reply = await here.call("PATCH", path, { autoJoin: { role: "owner" } });
    const problem = refused(reply, 400, "invalid_request");
    assert.deepEqual((problem["errors"] as { path: string }[])[0]?.path, "/autoJoin/role");
  });

  it("refuses a role with more permissions than the caller has (rule 16)", async () => {
    const here = await place();
    const path = `/domains/${await verified(here)}`;
    const call = await here.as("domains:edit");
    refused(await call("PATCH", path, { autoJoin: { role: "admin" } }), 403, "forbidden");
    assert.equal(told(items(await here.call("GET", "/domains"))[0], "autoJoin")["role"], null);
    assert.equal((await here.call("PATCH", path, { autoJoin: { role: "admin" } })).status, 200);
    const opened = refused(await call("PATCH", path, { autoJoin: { enabled: true } }), 403, "forbidden");
    assert.match(String(opened["detail"]), /'admin'/);
  });

  for (const body of [{ status: "verified" }, { domain: "other.example" }, { autoJoin: { tenantId: "x" } }]) {
    it(`refuses ${JSON.stringify(body)}`, async () => {
      const here = await place();
      refused(await here.call("PATCH", `/domains/${await claim(here)}`, body), 400, "invalid_request");
    });
  }
});

describe("DELETE /tenants/{t}/domains/{domain}", () => {
  it("gives the domain up, once, and removes nobody (rule 30)", async () => {
    const here = await place();
    const domain = await verified(here);
    await here.add(`ana@${domain}`);
    assert.equal((await here.call("DELETE", `/domains/${domain}`)).status, 204);
    refused(await here.call("DELETE", `/domains/${domain}`), 404, "not_found");
    assert.equal(items(await here.call("GET", "/members")).length, 1);
    const [event] = items(await here.call("GET", "/events?type=domain.deleted"));
    assert.deepEqual(event?.["data"], { domain, status: "verified" });
    assert.deepEqual(event?.["target"], { type: "domain", id: null });
  });
});

describe("a domain name", () => {
  it("has one form: taken again, it is the same", () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.string({ maxLength: 60 })), (text) => {
        const once = domainName(text);
        if (once !== undefined) assert.equal(domainName(`${once.toUpperCase()}.`), once);
      }),
    );
  });

  it("has parents of two labels and more, the most specific first", () => {
    assert.deepEqual(withParents("a.b.example.com"), ["a.b.example.com", "b.example.com", "example.com"]);
  });

  it("that nobody has verified leads nowhere, nor does what is no domain name", async () => {
    const db = await testDatabase();
    for (const text of [newDomain(), "", "com", "ana@acme.example", "\0"]) {
      assert.equal(await connectionsForDomain(db, text), undefined);
    }
  });
});
