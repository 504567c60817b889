import { createHmac } from "node:crypto";
import { isUuid } from "../../base/ids.ts";
import { deriveKeys, sameSecret } from "../../base/secrets.ts";
import type { Holder } from "./factorHolder.ts";
import type { ResetRow } from "./passwordReset.store.ts";

/**
 * The token of a reset's mail. It is a MAC over whose it is, until when, and the password and address that are now: neither
 * the database nor a job holds it, and whatever changes one of these voids it, its own use first of all.
 *
 * @param until seconds since 1970
 * @param secretKeys the first makes it, all are taken
 */
export function resetToken(secretKeys: readonly Buffer[], holder: Holder, until: number, row: ResetRow): string {
  return tokensOf(secretKeys, holder, until, row)[0] ?? "";
}

function tokensOf(secretKeys: readonly Buffer[], holder: Holder, until: number, row: ResetRow): string[] {
  const head = headOf(holder, until);
  const claim = JSON.stringify([head, row.passwordHash, row.emailKey]);
  return deriveKeys(secretKeys, "password-reset").map(
    (key) => `${head}.${createHmac("sha256", key).update(claim).digest("base64url")}`,
  );
}

function headOf(holder: Holder, until: number): string {
  const ids = holder.kind === "member" ? holder.tenantId + holder.id : holder.id;
  const bytes = Buffer.from(ids.replaceAll("-", ""), "hex");
  const time = Buffer.alloc(4);
  time.writeUInt32BE(until);
  return Buffer.concat([time, bytes]).toString("base64url");
}

/** Whether this is the token that `resetToken` made of what is now. */
export function isGenuine(secretKeys: readonly Buffer[], token: string, row: ResetRow): boolean {
  const read = readHead(token);
  return (
    read !== undefined && tokensOf(secretKeys, read.holder, read.until, row).some((each) => sameSecret(each, token))
  );
}

/** Whose a token says it is, unless it is too old or malformed: still to be proven. */
export function holderOfToken(token: string, now: Date): Holder | undefined {
  const read = readHead(token);
  if (!read || read.until * 1000 <= now.getTime()) return undefined;
  const { holder } = read;
  return isUuid(holder.id) && (holder.kind === "account" || isUuid(holder.tenantId)) ? holder : undefined;
}

function readHead(token: string): { holder: Holder; until: number } | undefined {
  const bytes = Buffer.from(token.split(".", 1)[0] ?? "", "base64url");
  if (bytes.length !== 20 && bytes.length !== 36) return undefined;
  const [first = "", second] = bytes.subarray(4).toString("hex").match(/.{32}/g) ?? [];
  const until = bytes.readUInt32BE(0);
  if (second === undefined) return { until, holder: { kind: "account", id: uuid(first) } };
  return { until, holder: { kind: "member", tenantId: uuid(first), id: uuid(second) } };
}

function uuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
