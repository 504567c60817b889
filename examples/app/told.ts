/** What Usher tells an application: somebody is signed out (back-channel logout), or something changed (webhooks). */
import express, { type Express } from "express";
import { createRemoteJWKSet, jwtVerify } from "jose";
import type { Configuration } from "openid-client";
import { Webhook } from "standardwebhooks";
import type { Settings } from "./app.ts";

/** What an ID token says of somebody, of what is used here. */
export interface Claims {
  readonly sub: string;
  readonly sid: string;
  readonly seat: boolean;
  readonly permissions: readonly string[];
}

/** Ends the sessions of whom `gone` names. */
type Drop = (gone: (claims: Claims) => boolean) => void;

export function listen(app: Express, settings: Settings, config: Configuration, drop: Drop): void {
  const { issuer, clientId, webhookSecret } = settings;
  const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ""));
  const news: string[] = [];
  app.post("/backchannel-logout", express.urlencoded({ extended: false }), async (req, res) => {
    const token = String((req.body as Record<string, unknown>)["logout_token"]);
    const expected = { issuer, audience: clientId, typ: "logout+jwt" };
    const verified = await jwtVerify(token, keys, expected).catch(() => undefined);
    if (!verified) return void res.sendStatus(400);
    drop(({ sub, sid }) => sub === verified.payload.sub && sid === verified.payload["sid"]);
    res.sendStatus(204);
  });
  app.post("/webhooks", express.text({ type: "*/*" }), (req, res) => {
    // Throws at a wrong signature or an old message; the same message again has the same `webhook-id`.
    const message = new Webhook(webhookSecret).verify(String(req.body), req.headers as Record<string, string>);
    news.push((message as { type: string }).type);
    res.sendStatus(204);
  });
  app.get("/news", (_req, res) => void res.json(news));
}
