import type { Request, Response } from "express";
import { Refusal } from "../base/errors.ts";
import { connectionById } from "../directory/connections/connectionsForSignIn.ts";
import { sendJson } from "../http/reply.ts";
import { publicClientKey } from "../sso/oidc/clientKey.ts";
import type { Access } from "./options.ts";

/** `GET /sso/oidc/{connection}/jwks`: the public half of our own key towards this connection's provider (RFC 7517 §5). */
export async function clientKeys(access: Access, req: Request, res: Response): Promise<void> {
  const pem = (await connectionById(access, String(req.params["connection"])))?.oidc?.clientKey ?? null;
  if (pem === null) throw new Refusal("not_found", "There is no connection with a key of its own at this address.");
  sendJson(res, 200, "application/jwk-set+json", { keys: [await publicClientKey(pem)] });
}
