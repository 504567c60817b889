import assert from "node:assert/strict";
import { senderOf } from "../../src/base/sender.ts";

describe("who sends from an address", () => {
  it("is an address of IPv4, however it is written, and the /64 of one of IPv6", () => {
    for (const ip of ["192.0.2.7", "::ffff:192.0.2.7", "::ffff:c000:207"]) assert.equal(senderOf(ip), "192.0.2.7", ip);
    for (const ip of ["2001:db8:0:7::1", "2001:db8:0:7:ffff::", "2001:DB8::7:1:2:3:4"])
      assert.equal(senderOf(ip), "2001:db8:0:7::/64", ip);
    assert.notEqual(senderOf("2001:db8:0:8::1"), senderOf("2001:db8:0:7::1"));
  });

  it("is nobody in particular where there is no address", () => {
    assert.deepEqual([senderOf(undefined), senderOf(null), senderOf("")], ["", "", ""]);
    assert.equal(senderOf("a proxy's own name"), "a proxy's own name");
  });
});
