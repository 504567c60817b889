/** Chromium as Debian packages it, driven by its own protocol: a real browser on loopback. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium, type Browser } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

function program(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find((path) => existsSync(path));
}

/** Whether it is installed here. */
export function hasChromium(): boolean {
  return program() !== undefined;
}

/** Starts it without a window; it fetches nothing of its own. */
export async function openChromium(): Promise<Browser> {
  const executablePath = program();
  if (executablePath === undefined) throw new Error("no Chromium here");
  const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", ...quiet];
  return chromium.launch({ executablePath, args, headless: true });
}
