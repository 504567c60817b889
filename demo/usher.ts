/** Usher itself, on a fresh embedded database in a temporary folder, and how the story calls it. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../src/config.ts";
import { start } from "../src/main.ts";

/** A running server that leaves nothing behind. */
export interface Usher {
  readonly url: string;
  readonly operatorKey: string;
  readonly dataDir: string;
  readonly close: () => Promise<void>;
}

/** One request; resolves to the body of the answer, rejects with method, path and answer unless it succeeds. */
export type Call = <T>(method: string, path: string, body?: unknown) => Promise<T>;

/** Starts it. The caller's own variables do not count: the demo touches no database but its own. */
export async function openUsher(): Promise<Usher> {
  const port = await freePort();
  const dataDir = mkdtempSync(join(tmpdir(), "usher-demo-"));
  const operatorKey = `demo-${randomBytes(24).toString("base64url")}`;
  const remove = (): void => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  process.once("exit", remove);
  const { url, close } = await start(
    readConfig({
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      USHER_DATA_DIR: dataDir,
      USHER_OPERATOR_KEY: operatorKey,
      USHER_SECRET_KEY: randomBytes(32).toString("base64"),
      // The receiver of webhooks and the identity providers of the story are on loopback.
      ALLOWED_NETWORKS: "127.0.0.0/8",
      LOG_LEVEL: "error",
    }),
  );
  return { url, operatorKey, dataDir, close };
}

/** Calls below a base with a bearer token, as JSON or, for a directory, as SCIM JSON. */
export function caller(base: string, token: string, type: "application/json" | "application/scim+json"): Call {
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  };
}

/** Asks again and again until the answer is yes; resolves to whether it was within these seconds. */
export async function within(seconds: number, isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await isSo())) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return true;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
