import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { openDatabase } from "../../src/storage/database.ts";

/** A server that says so much of PostgreSQL's protocol (53.7) as to be asked for its version, and is of this one. */
async function serverOf(version: string): Promise<{ url: string; close: () => void }> {
  const message = (type: string, body: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(body.length + 4);
    return Buffer.concat([Buffer.from(type), length, body]);
  };
  const idle = message("Z", Buffer.from("I"));
  const int4 = Buffer.from("\0\x01version\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0", "latin1");
  const value = Buffer.concat([Buffer.from([0, 1, 0, 0, 0, version.length]), Buffer.from(version)]);
  const row = [message("T", int4), message("D", value), message("C", Buffer.from("SELECT 1\0")), idle];
  // The first message is the only one without a type; Q is a query, and X the end.
  const answers: Record<string, Buffer[]> = { "\0": [message("R", Buffer.alloc(4)), idle], Q: row };
  const server = createServer((socket) => {
    socket
      .on("error", () => {})
      .on("data", (data: Buffer) => {
        for (const part of answers[data.toString("latin1", 0, 1)] ?? []) socket.write(part);
      });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `postgres://usher:hidden@127.0.0.1:${port}/usher`, close: () => server.close() };
}

describe("a server that is older than PostgreSQL 14", () => {
  it("is refused at the start, with its version", async () => {
    const { url, close } = await serverOf("130012");
    const opening = openDatabase({ url, prepare: true, folder: undefined, onFault: (error) => assert.fail(error) });
    const message = "DATABASE_URL: the server is PostgreSQL 13.12; Usher needs 14 or newer";
    await assert.rejects(opening, { name: "Refusal", code: "unavailable", message });
    close();
  });
});
