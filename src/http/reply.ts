/** JSON answers without what `res.json` adds to each: an ETag over the bytes and a charset that our media types lack. */
import type { ServerResponse } from "node:http";

/** Ends the answer with `value` as JSON; headers that were set on `res` before are kept. */
export function sendJson(res: ServerResponse, status: number, type: string, value: unknown): void {
  // A string and not its bytes: Node.js then writes head and body as one piece.
  const body = JSON.stringify(value);
  res.statusCode = status;
  res.setHeader("Content-Type", type);
  res.setHeader("Content-Length", Buffer.byteLength(body));
  res.end(body);
}
