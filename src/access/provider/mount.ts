import type { Request, RequestHandler, Response } from "express";
import { senderOf } from "../../base/sender.ts";
import { pageHeaders } from "../../http/headers.ts";
import type { Access } from "../options.ts";

/**
 * What leaves a record behind, whoever asks: requests and sign-outs, with their ways back. The library takes a path in
 * any letters, and with a slash at its end.
 */
const KEPT = /^\/(?:auth|session\/end)(?:\/|$)/i;

/** Answers everything below `/oidc`; the library reads bodies itself. */
export function mountProvider(access: Pick<Access, "provider" | "publicUrl" | "countRequest">): RequestHandler {
  const { provider, publicUrl, countRequest } = access;
  const headers = pageHeaders({ script: true });
  const { host, protocol } = new URL(publicUrl);
  const answer = async (req: Request, res: Response): Promise<void> => {
    if (KEPT.test(req.path)) await countRequest(senderOf(req.ip));
    const { handle } = await provider();
    await handle(req, res);
  };
  return (req, res, next) => {
    headers(req, res, () => undefined);
    // Of these the library makes its addresses, and marks its cookies Secure; what a request says of them counts for nothing.
    req.headers["x-forwarded-proto"] = protocol.slice(0, -1);
    req.headers.host = host;
    delete req.headers["x-forwarded-host"];
    answer(req, res).catch(next);
  };
}
