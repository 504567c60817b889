/**
 * Request bodies, read straight from the request. body-parser is not used: it takes other encodings than UTF-8,
 * repairs broken UTF-8, and reads an over-large body to its end before it answers.
 */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Refusal } from "../base/errors.ts";
import { type Malformed, parseJson } from "./jsonText.ts";

export interface BodyOptions {
  /** Media types that are read, in lower case; the first is the one that refusals recommend. */
  readonly types: readonly string[];
  /** Bytes. */
  readonly limit: number;
  /** How this surface refuses a body that is not the JSON it should be; `invalid_request` unless given. */
  readonly malformed?: Malformed;
  /** What a refusal says of an empty body; that JSON is wanted, unless given. */
  readonly empty?: string;
  /** What it says of another charset. */
  readonly notUtf8?: string;
}

const CHARSET = /;\s*charset\s*=\s*("?)([^";\s]*)\1/gi;

/**
 * Reads and parses the JSON body of `req`.
 *
 * @throws Refusal `unsupported_media_type`, `content_too_large`, or what `malformed` makes (`invalid_request`)
 */
export async function readJson(req: IncomingMessage, options: BodyOptions): Promise<unknown> {
  return parseJson(await readBody(req, options), options.malformed ?? invalidRequest);
}

/**
 * Reads the body of `req` as it is, for what is no JSON.
 *
 * @throws as `readJson`, but for what is written in it
 */
export async function readBody(req: IncomingMessage, options: BodyOptions): Promise<Buffer> {
  const malformed = options.malformed ?? invalidRequest;
  checkHeaders(req.headers, options, malformed);
  const bytes = await readBytes(req, options.limit, malformed);
  if (bytes.length === 0) throw empty(options, malformed);
  return bytes;
}

const invalidRequest: Malformed = (detail, errors) => new Refusal("invalid_request", detail, { errors });

function empty({ empty: words = "Send a JSON document." }: BodyOptions, malformed: Malformed): Refusal {
  return malformed(`The request body is empty. ${words}`, []);
}

function checkHeaders(headers: IncomingHttpHeaders, options: BodyOptions, malformed: Malformed): void {
  const length = Number(headers["content-length"] ?? 0);
  if (length === 0 && headers["transfer-encoding"] === undefined) throw empty(options, malformed);
  checkType(headers["content-type"] ?? "", options);
  checkCoding(headers["content-encoding"]);
  if (length > options.limit) throw tooLarge(options.limit);
}

// RFC 8259 §8.1: JSON text exchanged between systems "MUST be encoded using UTF-8".
const JSON_CHARSET = "The charset of the body must be UTF-8 (RFC 8259).";

function checkType(header: string, { types, notUtf8 = JSON_CHARSET }: BodyOptions): void {
  const [type = ""] = header.split(";", 1);
  if (!types.includes(type.trim().toLowerCase())) {
    const held = type.trim() === "" ? "missing" : `"${type.trim().slice(0, 100)}"`;
    throw unsupported(`The Content-Type is ${held}; this endpoint reads ${types.join(", ")}.`, types);
  }
  for (const [, , charset = ""] of header.matchAll(CHARSET)) {
    if (!/^utf-?8$/i.test(charset)) throw unsupported(notUtf8, types);
  }
}

function unsupported(detail: string, types: readonly string[]): Refusal {
  return new Refusal("unsupported_media_type", detail, { extra: { accept: types.join(", ") } });
}

/** Nothing is decompressed: a small body that unfolds to gigabytes would pass the limit. */
function checkCoding(header: string | undefined): void {
  if (header === undefined || header.trim().toLowerCase() === "identity") return;
  const detail = "Compressed bodies are not read. Send the body without Content-Encoding.";
  throw new Refusal("unsupported_media_type", detail, { extra: { acceptEncoding: "identity" } });
}

function tooLarge(limit: number): Refusal {
  const detail = `The body is larger than ${limit} bytes, the most that this endpoint reads. Send less at a time.`;
  return new Refusal("content_too_large", detail, { extra: { maxBytes: limit } });
}

/** Collects the body, chunked or not; past the limit it refuses at once and lets Node.js discard what still comes. */
function readBytes(req: IncomingMessage, limit: number, malformed: Malformed): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = (): void => void req.off("data", onData).off("end", onEnd).off("close", onCut);
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= limit) return void chunks.push(chunk);
      stop();
      req.resume();
      reject(tooLarge(limit));
    };
    const onEnd = (): void => {
      stop();
      const [first] = chunks;
      resolve(chunks.length === 1 && first ? first : Buffer.concat(chunks, size));
    };
    const onCut = (): void => {
      stop();
      reject(malformed("The connection closed before the whole body had arrived.", []));
    };
    // The connection may have gone while the caller was being authenticated; no event would come any more.
    if (req.destroyed) return onCut();
    req.on("data", onData).on("end", onEnd).on("close", onCut);
  });
}
