import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, get, type RequestListener, type ServerResponse } from "node:http";
import { listen, stop } from "../../src/http/lifecycle.ts";
import { open, portOf, readUntil } from "./rawRequest.ts";

const loopback = { host: "127.0.0.1", port: 0 };
const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/** An application that leaves its answers to the test. */
function held() {
  const answers: ServerResponse[] = [];
  let tell: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const app: RequestListener = (_req, res) => {
    answers.push(res);
    tell();
  };
  return { app, answers, arrived };
}

describe("listening", () => {
  it("rejects with EADDRINUSE when the port is taken", async () => {
    const server = await listen(() => undefined, loopback);
    await assert.rejects(
      listen(() => undefined, { host: "127.0.0.1", port: portOf(server) }),
      { code: "EADDRINUSE" },
    );
    await stop(server);
  });

  it("bounds the time that headers, a request and an idle connection may take", async () => {
    const server = await listen(() => undefined, loopback);
    assert.ok(server.headersTimeout > 0 && server.headersTimeout <= 15_000);
    assert.ok(server.requestTimeout >= server.headersTimeout && server.requestTimeout <= 60_000);
    assert.ok(server.keepAliveTimeout > 60_000, "longer than load balancers keep a connection");
    await stop(server);
  });

  it("refuses headers beyond Node's default size with 431", async () => {
    const server = await listen((_req, res) => void res.end("ok"), loopback);
    const socket = await open(server);
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`);
    assert.match(await readUntil(socket, /\r\n\r\n/), /^HTTP\/1.1 431 /);
    await stop(server);
  });
});

describe("stopping", () => {
  it("ends at once when nothing runs", async () => {
    const server = await listen(() => undefined, loopback);
    assert.equal(await stop(server), true);
    assert.equal(server.listening, false);
  });

  it("finishes the request that runs, and takes no new connection meanwhile", async () => {
    const { app, answers, arrived } = held();
    const server = await listen(app, loopback);
    const port = portOf(server);
    const socket = await open(server);
    socket.write(GET);
    await arrived;
    const stopped = stop(server);
    const refused = once(get({ port, host: "127.0.0.1", agent: new Agent() }), "error");
    const [error] = (await refused) as [NodeJS.ErrnoException];
    assert.equal(error.code, "ECONNREFUSED");
    answers[0]?.end("whole");
    assert.match(await readUntil(socket, /whole/), /^HTTP\/1.1 200 /);
    assert.equal(await stopped, true);
  });

  it("closes a kept-alive connection once its answer is sent", async () => {
    const server = await listen((_req, res) => void res.end("ok"), loopback);
    const socket = await open(server);
    socket.write(GET);
    await readUntil(socket, /ok/);
    const closed = once(socket, "close");
    assert.equal(await stop(server), true);
    socket.resume();
    await closed;
  });

  it("does not wait for connections on which no request has come", async () => {
    const server = await listen(() => undefined, loopback);
    const [silent, dribbling] = [await open(server), await open(server)];
    const closed = [once(silent, "close"), once(dribbling, "close")];
    dribbling.write("GET / HT");
    silent.resume();
    dribbling.resume();
    assert.equal(await stop(server), true);
    await Promise.all(closed);
  });

  it("cuts what does not end within the limit, and says so", async () => {
    const { app, arrived } = held();
    const server = await listen(app, loopback);
    const socket = await open(server);
    const closed = once(socket, "close");
    socket.write(GET);
    await arrived;
    assert.equal(await stop(server, 1), false);
    socket.resume();
    await closed;
  });
});
