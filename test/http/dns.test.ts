import assert from "node:assert/strict";
import { createTxtLookUp } from "../../src/http/dns.ts";
import { dnsServer, lookUpTxt, say } from "../support/dns.ts";

describe("a look-up of TXT records", () => {
  it("joins the strings of a record (RFC 7208 §3.3) and keeps records apart", async () => {
    say("txt.dns.example", { txt: [["one ", "and ", "the same"], ["two"]] });
    assert.deepEqual(await lookUpTxt("txt.dns.example"), { kind: "records", values: ["one and the same", "two"] });
  });

  it("takes what stands behind a CNAME", async () => {
    say("alias.dns.example", { cname: "target.dns.example", txt: [["behind"]] });
    assert.deepEqual(await lookUpTxt("alias.dns.example"), { kind: "records", values: ["behind"] });
  });

  it("tells a name without TXT records from one that there is not", async () => {
    say("empty.dns.example", { txt: [] });
    assert.deepEqual(await lookUpTxt("empty.dns.example"), { kind: "records", values: [] });
    assert.deepEqual(await lookUpTxt("nobody.dns.example"), { kind: "noName" });
  });

  it("tells broken name servers from both", async () => {
    say("broken.dns.example", { rcode: "SERVFAIL" });
    say("refused.dns.example", { rcode: "REFUSED" });
    for (const name of ["broken.dns.example", "refused.dns.example"]) {
      assert.deepEqual(await lookUpTxt(name), { kind: "broken" });
    }
  });

  it("ends in time where nobody answers", async () => {
    say("silent.dns.example", { silent: true });
    const impatient = createTxtLookUp([await dnsServer()], 50);
    assert.deepEqual(await impatient("silent.dns.example"), { kind: "timeout" });
  });

  it("asks the next server where the first gives no answer of use", async () => {
    say("second.dns.example", { txt: [["found"]] });
    const look = createTxtLookUp(["127.0.0.1:1", await dnsServer()]);
    assert.deepEqual(await look("second.dns.example"), { kind: "records", values: ["found"] });
  });

  it("finds nothing under a name that is too long to be asked for", async () => {
    assert.deepEqual(await lookUpTxt(`_usher.${"a.".repeat(123)}example`), { kind: "noName" });
  });

  it("keeps no answer: a record that is taken away is gone at the next look", async () => {
    say("gone.dns.example", { txt: [["there"]] });
    assert.equal((await lookUpTxt("gone.dns.example")).kind, "records");
    say("gone.dns.example", { rcode: "NXDOMAIN" });
    assert.equal((await lookUpTxt("gone.dns.example")).kind, "noName");
  });
});
