/** The vendor's application as far as the story needs it: an endpoint on loopback that webhooks are sent to. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

interface Heard {
  readonly id: string;
  readonly type: string;
  /** Id of who or what it is about. */
  readonly target: string | null;
}

export interface Receiver {
  readonly url: string;
  /** What came with a good signature, each event once: delivery is at least once, so that doubles are ours to drop. */
  readonly heard: () => readonly Heard[];
  /** How many requests came without one. */
  readonly forged: () => number;
  /** The secret is shown once the endpoint is registered, which needs the URL first. */
  readonly trust: (secret: string) => void;
  readonly close: () => void;
}

export async function openReceiver(): Promise<Receiver> {
  const heard = new Map<string, Heard>();
  let forged = 0;
  let webhook: Webhook | undefined;
  const take = (body: string, headers: Record<string, string>): boolean => {
    try {
      if (!webhook) return false;
      const { data } = webhook.verify(body, headers) as { data: { id: string; type: string; target: { id: string } } };
      heard.set(data.id, { id: data.id, type: data.type, target: data.target.id });
      return true;
    } catch {
      forged++;
      return false;
    }
  };
  const server = createServer((req, res) => {
    let body = "";
    req.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    req.on("end", () => res.writeHead(take(body, req.headers as Record<string, string>) ? 204 : 401).end());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/usher`,
    heard: () => [...heard.values()],
    forged: () => forged,
    trust: (secret) => (webhook = new Webhook(secret)),
    close: () => (server.closeAllConnections(), void server.close()),
  };
}
