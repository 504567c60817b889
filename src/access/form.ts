import type { IncomingMessage } from "node:http";
import { Refusal } from "../base/errors.ts";

/** A posted form. */
export interface Form {
  /** The value of a field that is there once. @throws Refusal `invalid_request` */
  once(name: string): string;
  /** The value of a field; empty where it is missing. */
  get(name: string): string;
  /** The same where another site's form may hold the field empty. @throws Refusal `invalid_request` where it is there twice */
  optional(name: string): string;
}

/**
 * Reads a form (`application/x-www-form-urlencoded`).
 *
 * @param limit bytes
 * @throws Refusal `unsupported_media_type`, `content_too_large`
 */
export async function readForm(req: IncomingMessage, limit: number): Promise<Form> {
  const [type = ""] = (req.headers["content-type"] ?? "").split(";", 1);
  if (type.trim().toLowerCase() !== "application/x-www-form-urlencoded") {
    throw new Refusal("unsupported_media_type", "Send the form as application/x-www-form-urlencoded.");
  }
  const fields = new URLSearchParams((await readBytes(req, limit)).toString("utf8"));
  const once = (name: string): string => {
    const values = fields.getAll(name);
    if (values.length === 1 && values[0] !== undefined && values[0] !== "") return values[0];
    throw new Refusal("invalid_request", `The form needs the field ${name}, once.`);
  };
  const get = (name: string): string => (fields.has(name) ? once(name) : "");
  return { once, get, optional: (name) => (fields.getAll(name).join() === "" ? "" : once(name)) };
}

async function readBytes(req: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    size += (chunk as Buffer).length;
    if (size > limit) throw new Refusal("content_too_large", `The form is larger than ${limit} bytes.`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
