import { mailAddress } from "../../base/mailAddress.ts";
import { Hopeless, type Claimed, type Handlers } from "../../events/jobs.ts";
import { languageFor } from "../../mail/language.ts";
import { onceInTenant } from "../../storage/scope.ts";
import type { AccountMailParts } from "./accountMail.ts";
import { accountById } from "./accounts.store.ts";
import { recipient } from "../tenants/adminMail.store.ts";
import { deliver, sendFor } from "../tenants/adminMail.ts";
import { type Holder, ofHolder } from "./factorHolder.ts";
import { resetOf } from "./passwordReset.store.ts";
import { resetToken } from "./passwordResetToken.ts";
import { tenantById } from "../tenants/tenants.store.ts";

interface Payload {
  readonly holder: Holder;
  /** Whether the tenant requires single sign-on: the mail says so in place of a link. */
  readonly sso: boolean;
  /** Seconds since 1970. */
  readonly until: number;
}

/** The handler `mail.password-reset` `{holder, sso, until}`: the token is made as the mail goes out, and is nowhere else. */
export function passwordResetMail(parts: AccountMailParts): Handlers {
  return {
    "mail.password-reset": {
      outside: (job, signal) => {
        const payload = job.payload as unknown as Payload;
        return payload.holder.kind === "member"
          ? mailMember(parts, job, { ...payload, holder: payload.holder }, signal)
          : mailAccount(parts, job, payload, signal);
      },
    },
  };
}

async function mailMember(
  parts: AccountMailParts,
  job: Claimed,
  payload: Payload & { readonly holder: Extract<Holder, { kind: "member" }> },
  signal: AbortSignal,
): Promise<void> {
  const { holder, sso } = payload;
  const [[to], [tenant]] = await onceInTenant(
    parts.db,
    job,
    recipient(holder.tenantId, holder.id),
    tenantById(holder.tenantId),
  );
  const link = sso
    ? `${parts.publicUrl}/sso/start?${new URLSearchParams({ tenant: tenant?.slug ?? "" })}`
    : await linkOf(parts, payload);
  if (!to || !tenant || to.email === null || link === null) return;
  const message = sso ? "passwordResetSso" : "passwordReset";
  await deliver(parts.send, job, to, { message, values: { link } }, signal);
}

async function mailAccount(
  parts: AccountMailParts,
  job: Claimed,
  payload: Payload,
  signal: AbortSignal,
): Promise<void> {
  const [account] = await ofHolder(parts.db, payload.holder, accountById(payload.holder.id));
  const link = await linkOf(parts, payload);
  const address = account ? mailAddress(account.email) : null;
  if (link === null) return;
  if (address === null) throw new Hopeless("the account's e-mail is no address that mail can be sent to");
  const content = { message: "passwordReset", values: { link }, tenant: new URL(parts.publicUrl).host } as const;
  await sendFor(job, parts.send, address, { ...content, language: languageFor(account?.language), name: null }, signal);
}

/** Null where there is no password to replace any more, or it is too late. */
async function linkOf(parts: AccountMailParts, { holder, until }: Payload): Promise<string | null> {
  const [row] = await ofHolder(parts.db, holder, resetOf(holder));
  if (!row || row.passwordHash === null || until * 1000 < Date.now()) return null;
  return `${parts.publicUrl}/sign-in/reset?token=${resetToken(parts.secretKeys, holder, until, row)}`;
}
