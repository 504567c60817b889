/** Single logout at samlify: it asks us to end a session, and takes and answers what we ask. */
import samlify from "samlify";
import type { LogoutInput } from "../../src/sso/saml/judgeLogout.ts";
import type { Outgoing } from "../../src/sso/saml/sendLogout.ts";
import { providerOf } from "./samlIdp.ts";

/** What a browser brings to our single logout service. */
export type Brought = { readonly query: string } | { readonly form: Record<string, string> };

/** What samlify read of a message of ours whose signature it found good. */
interface Taken {
  readonly nameId: string | null;
  readonly sessionIndex: string | null;
  /** ID of the request that is answered. */
  readonly inResponseTo: string | null;
  /** Its own answer to a request. */
  readonly answer: Brought | null;
}

export interface LogoutIdp {
  /** Its LogoutRequest. */
  readonly ask: (nameId: string, sessionIndex?: string) => { readonly id: string; readonly brought: Brought };
  readonly take: (outgoing: Outgoing) => Promise<Taken>;
}

/** @param ourMetadata as we publish it, with the key that we sign with */
export function logoutIdp(ourMetadata: string, binding: "redirect" | "post"): LogoutIdp {
  const provider = providerOf(null, binding);
  const signed = { wantLogoutRequestSigned: true, wantLogoutResponseSigned: true };
  const us = samlify.ServiceProvider({ metadata: ourMetadata, ...signed });
  const brought = (message: { context: string }, name: string): Brought =>
    binding === "redirect"
      ? { query: new URL(message.context).search.slice(1) }
      : { form: { [name]: message.context } };
  const ask: LogoutIdp["ask"] = (nameId, sessionIndex) => {
    const user = { logoutNameID: nameId, ...(sessionIndex !== undefined && { sessionIndex }) };
    const message = provider.createLogoutRequest(us, binding, user);
    return { id: message.id, brought: brought(message, "SAMLRequest") };
  };
  const take: LogoutIdp["take"] = async (outgoing) => {
    const request = requestOf(outgoing);
    if (JSON.stringify(request).includes("SAMLResponse")) {
      const { extract } = await provider.parseLogoutResponse(us, binding, request);
      const { response } = extract as { response: { inResponseTo: string } };
      return { nameId: null, sessionIndex: null, inResponseTo: response.inResponseTo, answer: null };
    }
    const { extract } = await provider.parseLogoutRequest(us, binding, request);
    const { nameID, sessionIndex } = extract as unknown as { nameID: string; sessionIndex: string | null };
    const message = provider.createLogoutResponse(us, { extract }, binding);
    return { nameId: nameID, sessionIndex, inResponseTo: null, answer: brought(message, "SAMLResponse") };
  };
  return { ask, take };
}

type Request = Parameters<ReturnType<typeof providerOf>["parseLogoutRequest"]>[2];

function requestOf(outgoing: Outgoing): Request {
  if (outgoing.binding === "post") return { body: outgoing.fields };
  const { search, searchParams } = new URL(outgoing.url);
  return { query: Object.fromEntries(searchParams), octetString: search.slice(1).replace(/&Signature=.*/, "") };
}

/** The same as our judge takes it. */
export function inputOf(brought: Brought): LogoutInput {
  if ("query" in brought) return brought;
  const [[name, field] = ["", ""]] = Object.entries(brought.form);
  return { name: name === "SAMLResponse" ? name : "SAMLRequest", field, relayState: null };
}
