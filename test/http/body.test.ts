import assert from "node:assert/strict";
import { type EventEmitter, once } from "node:events";
import { gzipSync } from "node:zlib";
import express, { type ErrorRequestHandler, type Express } from "express";
import * as fc from "fast-check";
import supertest from "supertest";
import { Refusal } from "../../src/base/errors.ts";
import { type BodyOptions, readJson } from "../../src/http/body.ts";
import { type Malformed, parseJson } from "../../src/http/jsonText.ts";
import { problemHandler } from "../../src/http/problem.ts";
import { ScimRefusal } from "../../src/scim/types.ts";
import { logLines } from "./logLines.ts";
import { exchange, open, readUntil, withServer } from "./rawRequest.ts";

const SCIM = "application/scim+json";
const types = [SCIM, "application/json", "text/json"];

/** Answers each POST with what it read, and remembers what was thrown. */
function echo(options: Partial<BodyOptions> = {}): { app: Express; thrown: unknown[] } {
  const thrown: unknown[] = [];
  const remember: ErrorRequestHandler = (error, _req, _res, next) => {
    thrown.push(error);
    next(error);
  };
  const app = express();
  app.post("/", async (req, res) => void res.json({ read: await readJson(req, { types, limit: 1000, ...options }) }));
  app.use(remember, problemHandler(logLines("silent").log));
  return { app, thrown };
}

const post = (app: Express, body: string | Buffer, type = SCIM) =>
  supertest(app)
    .post("/")
    .set("Content-Type", type)
    .serialize(String)
    .send(body as string);

/** Sends bytes that superagent would not leave alone. */
function message(body: Buffer | string, headers: Record<string, string> = {}): Buffer {
  const bytes = Buffer.from(body as string);
  const all = { Host: "x", "Content-Type": SCIM, "Content-Length": String(bytes.length), ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST / HTTP/1.1\r\n${head.join("")}\r\n`), bytes]);
}

/** Unlike events.once, not disturbed by the error that goes before. */
function closing(emitter: EventEmitter): Promise<unknown> {
  return new Promise((resolve) => emitter.once("close", resolve));
}

async function answer(app: Express, bytes: Buffer): Promise<{ status: number; text: string }> {
  let text = "";
  await withServer(app, async (server) => {
    text = await exchange(server, bytes);
  });
  return { status: Number(text.split(" ")[1]), text };
}

describe("JSON bodies: what is read", () => {
  for (const type of [
    SCIM,
    "application/json",
    "text/json",
    "Application/SCIM+JSON",
    "application/scim+json; charset=utf-8",
    'application/json;charset="UTF-8"',
    "application/json ; charset=utf8",
    "application/json; profile=x",
  ]) {
    it(`Content-Type: ${type}`, async () => {
      await post(echo().app, '{"a":[1,"é",null]}', type).expect(200, { read: { a: [1, "é", null] } });
    });
  }

  it("a chunked body without Content-Length", async () => {
    const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${SCIM}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const { text } = await answer(echo().app, Buffer.from(`${head}4\r\n{"a"\r\n3\r\n:1}\r\n0\r\n\r\n`));
    assert.match(text, /\{"read":\{"a":1\}\}$/);
  });

  it("a body that arrives byte by byte, split within a character", async () => {
    await withServer(echo().app, async (server) => {
      const socket = await open(server);
      for (const byte of message('{"a":"é"}')) socket.write(Buffer.from([byte]));
      assert.match(await readUntil(socket, /\}\}/), /\{"read":\{"a":"é"\}\}/);
      socket.destroy();
    });
  });

  it("a body of exactly the limit", async () => {
    const body = JSON.stringify("x".repeat(998));
    await post(echo().app, body).expect(200);
  });

  it("a body that begins with a byte order mark (RFC 8259 §8.1)", async () => {
    const { text } = await answer(echo().app, message(Buffer.from('\uFEFF{"a":1}')));
    assert.match(text, /\{"read":\{"a":1\}\}/);
  });

  it("Content-Encoding: identity", async () => {
    const { status } = await answer(echo().app, message("{}", { "Content-Encoding": "Identity" }));
    assert.equal(status, 200);
  });
});

describe("JSON bodies: media type, charset and coding are refused with 415", () => {
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "json", "*/*", ""]) {
    it(`Content-Type: ${type || "(empty)"}`, async () => {
      const { status, text } = await answer(echo().app, message("{}", { "Content-Type": type }));
      assert.equal(status, 415);
      assert.match(text, /^Accept: application\/scim\+json, application\/json, text\/json\r$/m);
      assert.match(text, /"code":"unsupported_media_type"/);
    });
  }

  it("a missing Content-Type", async () => {
    const bytes = Buffer.from("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
    const { status, text } = await answer(echo().app, bytes);
    assert.equal(status, 415);
    assert.match(text, /Content-Type is missing/);
  });

  for (const parameters of ["charset=utf-16", "charset=iso-8859-1", "charset=", "charset=utf-8; charset=utf-16le"]) {
    it(`a charset other than UTF-8: ${parameters}`, async () => {
      await post(echo().app, "{}", `${SCIM}; ${parameters}`).expect(415);
    });
  }

  for (const coding of ["gzip", "deflate", "br", "x-unknown", "identity, gzip"]) {
    it(`Content-Encoding: ${coding}`, async () => {
      const bytes = message(gzipSync("{}"), { "Content-Encoding": coding });
      const { status, text } = await answer(echo().app, bytes);
      assert.equal(status, 415);
      assert.match(text, /^Accept-Encoding: identity\r$/m);
    });
  }
});

describe("JSON bodies: malformed ones are refused with 400", () => {
  const broken: Record<string, RegExp> = {
    "{": /ends too early, at line 1, column 2/,
    '{"a":}': /unexpected "\}" at line 1, column 6/,
    '{\n  "a": 1,\n}': /unexpected "\}" at line 3, column 1/,
    "{'a':1}": /unexpected "'" at line 1, column 2/,
    '{"a":1} x': /unexpected "x" at line 1, column 9/,
    '{"a":"\n"}': /unexpected "\\"" at line 1, column 6/,
    "[1,]": /unexpected "\]" at line 1, column 4/,
    NaN: /unexpected "N" at line 1, column 1/,
    " ": /ends too early, at line 1, column 2/,
  };
  for (const [body, detail] of Object.entries(broken)) {
    it(`${JSON.stringify(body)}, telling the place`, async () => {
      const { body: problem } = await post(echo().app, body).expect(400);
      assert.equal(problem.code, "invalid_request");
      assert.match(problem.detail, /^The body is not JSON: /);
      assert.match(problem.detail, detail);
    });
  }

  it("an empty body, with or without Content-Length", async () => {
    for (const bytes of [
      "POST / HTTP/1.1\r\nHost: x\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${SCIM}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ]) {
      const { status, text } = await answer(echo().app, Buffer.from(bytes));
      assert.equal(status, 400);
      assert.match(text, /The request body is empty/);
    }
  });

  it("bytes that are not UTF-8, a surrogate written as three bytes among them", async () => {
    for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xaf]]) {
      const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);
      const { status, text } = await answer(echo().app, message(body));
      assert.equal(status, 400);
      assert.match(text, /not UTF-8/);
    }
  });

  const flawed: Record<string, string> = {
    '{"a":{"b~/c":["x","\\u0000"]}}': "/a/b~0~1c/1",
    '{"a":"\\ud800"}': "/a",
    '{"a":"\\udc00\\ud800"}': "/a",
    '{"a":{"\\u0000":1}}': "/a",
    '{"a":[{"__proto__":{"admin":true}}]}': "/a/0",
  };
  for (const [body, path] of Object.entries(flawed)) {
    it(`${body}, naming the place`, async () => {
      const { body: problem } = await post(echo().app, body).expect(400);
      assert.equal(problem.errors.length, 1);
      assert.equal(problem.errors[0].path, path);
    });
  }

  it("nesting deeper than 64 levels, however deep", async () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    const { app } = echo({ limit: 1_000_000 });
    await post(app, nested(64)).expect(200);
    for (const depth of [65, 100_000]) {
      const { body } = await post(app, nested(depth)).expect(400);
      assert.match(body.detail, /nested deeper than 64 levels/);
    }
  });

  it("whatever the bytes are, by a refusal and nothing else", () => {
    const malformed: Malformed = (detail) => new Refusal("invalid_request", detail);
    const bytes = fc.oneof(fc.uint8Array(), fc.string({ unit: "binary" }), fc.json());
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          parseJson(Buffer.from(input as string), malformed);
        } catch (error) {
          assert.ok(error instanceof Refusal, String(error));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("leave the prototypes of objects alone", async () => {
    await post(echo().app, '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}').expect(400);
    assert.equal(Reflect.get({}, "polluted"), undefined);
  });

  it("in the surface's own terms where it has some", async () => {
    const { app, thrown } = echo({ malformed: (detail) => new ScimRefusal("invalidSyntax", detail) });
    await post(app, "{").expect(400);
    assert.ok(thrown[0] instanceof ScimRefusal);
    assert.equal(thrown[0].scimType, "invalidSyntax");
  });
});

describe("JSON bodies: too large ones are refused with 413", () => {
  it("by Content-Length, before any of it is read", async () => {
    const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${SCIM}\r\nContent-Length: 99999999\r\n\r\n`;
    const { status, text } = await answer(echo().app, Buffer.from(head));
    assert.equal(status, 413);
    assert.match(text, /larger than 1000 bytes/);
  });

  it("2 MB sent whole get the refusal and not a broken connection", async () => {
    const { body } = await post(echo().app, JSON.stringify("x".repeat(2_000_000))).expect(413);
    assert.equal(body.maxBytes, 1000);
  });

  it("chunked without Content-Length, while the body is still coming", async () => {
    await withServer(echo().app, async (server) => {
      const socket = await open(server);
      socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${SCIM}\r\nTransfer-Encoding: chunked\r\n\r\n`);
      socket.write(`3e9\r\n${"x".repeat(1001)}\r\n`);
      assert.match(await readUntil(socket, /maxBytes/), /^HTTP\/1.1 413 .*content_too_large/s);
      socket.destroy();
    });
  });

  it("and the connection can be used for the next request once the rest has come", async () => {
    await withServer(echo().app, async (server) => {
      const socket = await open(server);
      socket.write(message(JSON.stringify("x".repeat(5000))));
      assert.match(await readUntil(socket, /maxBytes/), /^HTTP\/1.1 413 /);
      socket.write(message('{"next":true}'));
      assert.match(await readUntil(socket, /read/), /^HTTP\/1.1 200 .*\{"read":\{"next":true\}\}/s);
      socket.destroy();
    });
  });
});

describe("JSON bodies: broken framing", () => {
  it("Content-Length together with Transfer-Encoding is refused (RFC 9112 §6.1)", async () => {
    const { app, thrown } = echo();
    const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${SCIM}\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const { status } = await answer(app, Buffer.from(`${head}2\r\n{}\r\n0\r\n\r\n`));
    assert.equal(status, 400);
    assert.deepEqual(thrown, [], "no handler saw the request");
  });

  it("a connection that closes in the middle of the body is no fault of ours", async () => {
    const { app, thrown } = echo();
    await withServer(app, async (server) => {
      const arrived = once(server, "request");
      const socket = await open(server);
      socket.write(message('{"a":1}').subarray(0, -2));
      const [req] = (await arrived) as [EventEmitter];
      const closed = closing(req);
      socket.destroy();
      await closed;
      await new Promise(setImmediate);
    });
    assert.equal(thrown.length, 1);
    assert.ok(thrown[0] instanceof Refusal);
  });

  it("a connection that has closed before the body is asked for is noticed", async () => {
    const app = express();
    const asked = new Promise((resolve) => {
      app.post("/", async (req) => {
        await closing(req.socket);
        resolve(await readJson(req, { types, limit: 10 }).catch((error: unknown) => error));
      });
    });
    await withServer(app, async (server) => {
      const socket = await open(server);
      socket.write(message('{"a":1}').subarray(0, -2), () => socket.destroy());
      assert.ok((await asked) instanceof Refusal);
    });
  });
});
