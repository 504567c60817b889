/** JSON answers without what `res.json` adds to each: an ETag over the bytes and a charset that our media types lack. */
import type { ServerResponse } from "node:http";

/** Ends the answer with `value` as JSON; headers that were set on `res` before are kept. */
export function sendJson(res: ServerResponse, status: number, type: string, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value), "utf8");
  res.statusCode = status;
  res.setHeader("Content-Type", type);
  res.setHeader("Content-Length", body.length);
  res.end(body);
}
