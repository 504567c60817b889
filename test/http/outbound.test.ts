import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import * as fc from "fast-check";
import type { buildConnector } from "undici";
import { addressGuard } from "../../src/http/outboundAddress.ts";
import { type ResolvedAddress } from "../../src/http/outboundConnect.ts";
import { createOutbound, type Outbound, type OutboundOptions, type OutboundOutcome } from "../../src/http/outbound.ts";

const LOOPBACK = ["127.0.0.0/8"];
const open: { close(): unknown }[] = [];

/** A server on loopback that ends with the cases. */
async function listening(answer: RequestListener): Promise<number> {
  const server: Server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({ close: () => (server.closeAllConnections(), server.close()) });
  return (server.address() as AddressInfo).port;
}

function outbound(options: Partial<OutboundOptions> = {}): Outbound {
  const made = createOutbound({ allowedNetworks: LOOPBACK, limitMs: 1_000, ...options });
  open.push(made);
  return made;
}

function get(way: Outbound, url: string, mostBytes = 1_000): Promise<OutboundOutcome> {
  return way.send({ method: "GET", url, mostBytes });
}

/** Never reaches the network: answers these addresses, and counts how often it was asked. */
function resolver(...addresses: string[]) {
  const asked: string[] = [];
  const resolve = async (hostname: string): Promise<readonly ResolvedAddress[]> => {
    asked.push(hostname);
    return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
  return { asked, resolve };
}

/** Connects to a port of this machine whatever it is asked for, once the guard has let the addresses pass. */
function connector(port: number) {
  const reached: string[] = [];
  const makeConnector = ((options: { lookup: (...args: unknown[]) => void }) =>
    ((target, done) => {
      const go = (address: string): void => {
        reached.push(address);
        const socket = connect(port, "127.0.0.1", () => done(null, socket));
        socket.on("error", (error) => done(error, null));
      };
      if (/^[\d.]+$|:/.test(target.hostname)) return go(target.hostname);
      return options.lookup(target.hostname, { all: true }, (error: Error | null, found: ResolvedAddress[]) =>
        error ? done(error, null) : go(found[0]!.address),
      );
    }) as buildConnector.connector) as unknown as typeof buildConnector;
  return { reached, makeConnector };
}

after(async () => {
  await Promise.all(open.map((each) => each.close()));
});

const forbidden: readonly (readonly [what: string, address: string])[] = [
  ["loopback", "127.0.0.1"],
  ["loopback", "127.255.255.254"],
  ["loopback of IPv6", "::1"],
  ["private (RFC 1918)", "10.0.0.1"],
  ["private (RFC 1918)", "172.16.0.1"],
  ["private (RFC 1918)", "172.31.255.255"],
  ["private (RFC 1918)", "192.168.1.1"],
  ["unique local (RFC 4193)", "fd00::1"],
  ["link-local", "169.254.1.1"],
  ["link-local of IPv6", "fe80::1"],
  ["site-local (RFC 3879)", "fec0::1"],
  ["shared (RFC 6598)", "100.64.0.1"],
  ["unspecified", "0.0.0.0"],
  ["this network", "0.1.2.3"],
  ["unspecified of IPv6", "::"],
  ["multicast", "224.0.0.1"],
  ["multicast of IPv6", "ff02::1"],
  ["broadcast", "255.255.255.255"],
  ["reserved", "240.0.0.1"],
  ["protocol assignments", "192.0.0.8"],
  ["documentation", "192.0.2.1"],
  ["documentation", "198.51.100.1"],
  ["documentation", "203.0.113.1"],
  ["documentation of IPv6", "2001:db8::1"],
  ["documentation of IPv6 (RFC 9637)", "3fff::1"],
  ["benchmarking", "198.18.0.1"],
  ["6to4 relays", "192.88.99.1"],
  ["6to4", "2002:7f00:1::"],
  ["Teredo", "2001:0:7f00:1::"],
  ["NAT64", "64:ff9b::7f00:1"],
  ["NAT64 of one's own (RFC 8215)", "64:ff9b:1::7f00:1"],
  ["IPv4-mapped loopback", "::ffff:127.0.0.1"],
  ["IPv4-mapped, written in hex", "::ffff:7f00:1"],
  ["IPv4-mapped public", "::ffff:8.8.8.8"],
  ["IPv4-compatible", "::7f00:1"],
  ["IPv4-translated (RFC 6145)", "::ffff:0:127.0.0.1"],
  ["discard-only", "100::1"],
  ["segment routing", "5f00::1"],
  ["not given out yet", "4000::1"],
];

describe("the addresses that outgoing requests may reach", () => {
  for (const [what, address] of forbidden) {
    it(`are not ${what}: ${address}`, () => assert.equal(addressGuard([]).isReachable(address), false));
  }

  for (const address of ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]) {
    it(`are public ones: ${address}`, () => assert.equal(addressGuard([]).isReachable(address), true));
  }

  it("are those of an allowed network too, also where they are mapped into IPv6", () => {
    const guard = addressGuard(["127.0.0.0/8", "10.1.0.0/16", "fd00::/8"]);
    for (const address of ["127.0.0.1", "10.1.255.255", "fd12::1", "::ffff:127.0.0.1"]) {
      assert.equal(guard.isReachable(address), true, address);
      assert.equal(guard.isAllowed(address), true, address);
    }
    for (const address of ["10.2.0.1", "192.168.0.1", "::1", "fe80::1"]) {
      assert.equal(guard.isReachable(address), false, address);
    }
  });

  it("are never link-local, whatever network is allowed (T19)", () => {
    const guard = addressGuard(["0.0.0.0/0", "::/0"]);
    for (const address of ["169.254.1.1", "::ffff:169.254.1.1", "fe80::1"]) {
      assert.equal(guard.isReachable(address), false, address);
      assert.equal(guard.isAllowed(address), false, address);
    }
  });

  it("are addresses: what is none is not reachable", () => {
    const guard = addressGuard(["0.0.0.0/0"]);
    for (const text of ["", "localhost", "127.1", "0x7f.1", "2130706433", "127.0.0.1%eth0", "[::1]"]) {
      assert.equal(guard.isReachable(text), false, text);
    }
  });

  it("are of IPv4 as many as IANA leaves: a property over all of them", () => {
    const guard = addressGuard([]);
    const special = /^(0|10|127|22[4-9]|23\d|24\d|25[0-5])\.|^192\.168\.|^169\.254\.|^172\.(1[6-9]|2\d|3[01])\./;
    fc.assert(
      fc.property(fc.ipV4(), (address) => !special.test(address) || !guard.isReachable(address)),
      { numRuns: 2_000 },
    );
  });
});

describe("an outgoing request to a URL", () => {
  const faults: readonly (readonly [url: string, reason: RegExp])[] = [
    ["", /not a URL/],
    ["//example.com", /not a URL/],
    ["ftp://example.com/", /https:/],
    ["file:///etc/passwd", /https:/],
    ["javascript:alert(1)", /https:/],
    ["https://user@example.com/", /user name/],
    ["https://:secret@example.com/", /password/],
    ["https://example.com/#part", /fragment/],
    [`https://example.com/${"a".repeat(2048)}`, /longer/],
    ["http://example.com/", /https:/],
    ["http://8.8.8.8/", /https:/],
    ["https://127.0.0.1/", /public address/],
    ["https://127.1/", /public address/],
    ["https://0x7f000001/", /public address/],
    ["https://2130706433/", /public address/],
    ["https://0177.0.0.1/", /public address/],
    ["https://127.0.0.1./", /public address/],
    ["https://①②⑦.0.0.1/", /public address/],
    ["https://[::1]/", /public address/],
    ["https://[::ffff:10.0.0.1]/", /public address/],
    ["https://169.254.1.1/", /public address/],
  ];
  for (const [url, reason] of faults) {
    it(`is refused before anything is sent: ${url.slice(0, 60)}`, async () => {
      const { asked, resolve } = resolver("8.8.8.8");
      const { reached, makeConnector } = connector(1);
      const way = outbound({ allowedNetworks: [], resolve, makeConnector });
      assert.match(way.urlFault(url) ?? "", reason);
      const outcome = await get(way, url);
      assert.equal(outcome.kind, "refused");
      assert.deepEqual([asked, reached], [[], []]);
    });
  }

  it("may be plain http where the address is in an allowed network, and only there", () => {
    const way = outbound({ allowedNetworks: LOOPBACK });
    assert.equal(way.urlFault("http://127.0.0.1:9000/hook"), undefined);
    assert.match(way.urlFault("http://10.0.0.1/hook") ?? "", /https:/);
    assert.match(way.urlFault("http://169.254.1.1/") ?? "", /https:/);
    // What the name is, its addresses will say.
    assert.equal(way.urlFault("http://hooks.internal/"), undefined);
  });
});

describe("an outgoing request to a name", () => {
  for (const [what, address] of forbidden) {
    it(`is refused where that resolves to ${what}: ${address} (T19)`, async () => {
      const { resolve } = resolver(address);
      const { reached, makeConnector } = connector(1);
      const outcome = await get(outbound({ allowedNetworks: [], resolve, makeConnector }), "https://hooks.example/");
      assert.equal(outcome.kind, "refused");
      assert.doesNotMatch(outcome.kind === "refused" ? outcome.reason : "", new RegExp(address.replaceAll(".", "\\.")));
      assert.deepEqual(reached, []);
    });
  }

  it("is refused where one of several addresses is out of bounds", async () => {
    const { resolve } = resolver("8.8.8.8", "2606:4700::1111", "10.0.0.1");
    const { reached, makeConnector } = connector(1);
    const outcome = await get(outbound({ resolve, makeConnector }), "https://hooks.example/");
    assert.equal(outcome.kind, "refused");
    assert.deepEqual(reached, []);
  });

  it("is refused where it has no address at all", async () => {
    const { resolve } = resolver();
    const outcome = await get(outbound({ resolve }), "https://hooks.example/");
    assert.deepEqual(
      [outcome.kind, "reason" in outcome && outcome.reason],
      ["refused", "hooks.example has no address."],
    );
  });

  it("is refused by plain http where it resolves to a public address", async () => {
    const { resolve } = resolver("8.8.8.8");
    const { reached, makeConnector } = connector(1);
    const outcome = await get(outbound({ resolve, makeConnector }), "http://hooks.example/");
    assert.equal(outcome.kind, "refused");
    assert.deepEqual(reached, []);
  });

  it("connects to the address that was checked: the next answer of DNS rebinding is checked again (T19)", async () => {
    const port = await listening((_req, res) => res.setHeader("Connection", "close").end("first"));
    const answers = [["8.8.8.8"], ["127.0.0.1"]];
    const asked: string[] = [];
    const resolve = async (hostname: string): Promise<ResolvedAddress[]> => {
      asked.push(hostname);
      return (answers.shift() ?? []).map((address) => ({ address, family: 4 }));
    };
    const { reached, makeConnector } = connector(port);
    const way = outbound({ allowedNetworks: [], resolve, makeConnector });
    const first = await get(way, "https://rebind.example/");
    assert.equal(first.kind === "answered" && first.body, "first");
    assert.deepEqual([asked.length, reached], [1, ["8.8.8.8"]]);
    assert.equal((await get(way, "https://rebind.example/")).kind, "refused");
    assert.deepEqual([asked.length, reached], [2, ["8.8.8.8"]]);
  });

  it("goes to an allowed network through the system's own connector", async () => {
    const port = await listening((req, res) => res.end(`for ${req.headers.host}`));
    const { asked, resolve } = resolver("127.0.0.1");
    const outcome = await get(outbound({ resolve }), `http://hooks.example:${port}/`);
    assert.equal(outcome.kind === "answered" && outcome.body, `for hooks.example:${port}`);
    assert.deepEqual(asked, ["hooks.example"]);
  });
});

describe("an outgoing request", () => {
  it("carries its method, headers and body, names Usher, and asks for no compression", async () => {
    let seen: unknown;
    const port = await listening((req, res) => {
      let body = "";
      req.on("data", (chunk: Buffer) => (body += chunk.toString()));
      req.on("end", () => {
        seen = [
          req.method,
          req.url,
          req.headers["x-one"],
          req.headers["user-agent"],
          req.headers["accept-encoding"],
          body,
        ];
        res.writeHead(201).end("made");
      });
    });
    const request = {
      method: "POST",
      url: `http://127.0.0.1:${port}/a?b=c`,
      headers: { "x-one": "1" },
      body: "ü",
    } as const;
    const outcome = await outbound().send({ ...request, mostBytes: 100 });
    assert.deepEqual(seen, ["POST", "/a?b=c", "1", "Usher", undefined, "ü"]);
    assert.equal(outcome.kind === "answered" && `${outcome.status} ${outcome.body}`, "201 made");
  });

  it("follows no redirect: that is the answer (T19)", async () => {
    const paths: string[] = [];
    const port = await listening((req, res) => {
      paths.push(req.url ?? "");
      res.writeHead(307, { Location: "/elsewhere" }).end();
    });
    const outcome = await get(outbound(), `http://127.0.0.1:${port}/`);
    assert.equal(outcome.kind === "answered" && outcome.status, 307);
    assert.deepEqual(paths, ["/"]);
  });

  it("keeps no cookie", async () => {
    const cookies: unknown[] = [];
    const port = await listening((req, res) => {
      cookies.push(req.headers.cookie);
      res.setHeader("Set-Cookie", "a=b; Path=/").end();
    });
    const way = outbound();
    for (let i = 0; i < 2; i++) await get(way, `http://127.0.0.1:${port}/`);
    assert.deepEqual(cookies, [undefined, undefined]);
  });

  it("asks no proxy of the environment", async () => {
    const proxied: string[] = [];
    const proxy = await listening((req, res) => {
      proxied.push(req.url ?? "");
      res.end("proxy");
    });
    const port = await listening((_req, res) => res.end("itself"));
    const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"];
    const before = names.map((name) => process.env[name]);
    for (const name of names) process.env[name] = `http://127.0.0.1:${proxy}`;
    try {
      const outcome = await get(outbound(), `http://127.0.0.1:${port}/`);
      assert.equal(outcome.kind === "answered" && outcome.body, "itself");
      assert.deepEqual(proxied, []);
    } finally {
      names.forEach((name, i) => {
        if (before[i] === undefined) delete process.env[name];
        else process.env[name] = before[i];
      });
    }
  });

  it("reads so many bytes of the answer and no more, also of one that never ends", async () => {
    const port = await listening((_req, res) => {
      const more = (): void => void (res.destroyed || res.write("x".repeat(65_536), more));
      more();
    });
    const outcome = await get(outbound(), `http://127.0.0.1:${port}/`, 10);
    assert.deepEqual(outcome.kind === "answered" && [outcome.body, outcome.truncated], ["x".repeat(10), true]);
  });

  it("says where the answer was read in full", async () => {
    const port = await listening((_req, res) => res.end("12345"));
    const outcome = await get(outbound(), `http://127.0.0.1:${port}/`, 5);
    assert.deepEqual(outcome.kind === "answered" && [outcome.body, outcome.truncated], ["12345", false]);
  });

  const slow: readonly (readonly [what: string, answer: RequestListener])[] = [
    ["never answers", () => {}],
    ["sends its headers and no body", (_req, res) => res.writeHead(200).flushHeaders()],
    [
      "dribbles its body",
      (_req, res) => {
        const timer = setInterval(() => res.write("."), 20);
        res.on("close", () => clearInterval(timer));
      },
    ],
  ];
  for (const [what, answer] of slow) {
    it(`ends in time where the server ${what}`, async () => {
      const port = await listening(answer);
      const outcome = await get(outbound({ limitMs: 200 }), `http://127.0.0.1:${port}/`);
      assert.deepEqual(
        [outcome.kind, "reason" in outcome && outcome.reason],
        ["failed", "The server did not answer in full within 0.2 s."],
      );
    });
  }

  it("ends in time where the name is never resolved", async () => {
    const resolve = (): Promise<never> => new Promise(() => {});
    const outcome = await get(outbound({ limitMs: 100, resolve }), "https://hooks.example/");
    assert.equal(outcome.kind, "failed");
  });

  it("tells nothing of what another service on the port said (T19)", async () => {
    const banner = createTcpServer((socket) => socket.end("SSH-2.0-secret-banner\r\n")).listen(0, "127.0.0.1");
    await once(banner, "listening");
    open.push(banner);
    const { port } = banner.address() as AddressInfo;
    const outcome = await get(outbound(), `http://127.0.0.1:${port}/`);
    assert.equal(outcome.kind, "failed");
    assert.doesNotMatch(JSON.stringify(outcome), /secret|banner|SSH/);
  });

  it("fails in words where nobody listens, and where the name is unknown", async () => {
    const free = createTcpServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const { port } = free.address() as AddressInfo;
    free.close();
    await once(free, "close");
    const refused = await get(outbound(), `http://127.0.0.1:${port}/`);
    assert.equal("reason" in refused && refused.reason, "The server takes no connections on this port.");
    const resolve = (): Promise<never> => Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" }));
    const unknown = await get(outbound({ resolve }), "https://hooks.example/");
    assert.equal("reason" in unknown && unknown.reason, "The host name has no address.");
  });
});
