/** What an admin or a metadata document says of an identity provider, checked before it is kept. */
import { Refusal } from "../../base/errors.ts";
import type { SamlSettings, SingleLogoutService } from "../types.ts";
import { readCertificates } from "./certificates.ts";

export interface SettingsOptions {
  /** Whether `http:` addresses may be taken, on loopback alone: for development and tests. */
  readonly allowHttp?: boolean;
}

/** SAML Core §8.3.6; bytes of UTF-8 here, for it is part of a key. */
const MAX_ENTITY_ID = 1024;
const MAX_URL = 2048;

/**
 * Settings as they are kept, certificates as PEM.
 *
 * @throws Refusal invalid_request
 */
export function checkSamlSettings(written: SamlSettings, options: SettingsOptions = {}): SamlSettings {
  return {
    entityId: checkedEntityId(written.entityId),
    ssoUrl: checkedUrl(written.ssoUrl, "sign-on", options),
    certificates: readCertificates(written.certificates),
    ...(written.wantsSignedRequests && { wantsSignedRequests: true }),
    ...(written.singleLogout && { singleLogout: checkedLogout(written.singleLogout, options) }),
  };
}

function checkedEntityId(entityId: string): string {
  const isUri = entityId.length > 0 && Buffer.byteLength(entityId) <= MAX_ENTITY_ID && !/[\s\p{C}]/u.test(entityId);
  if (isUri) return entityId;
  throw refused(`The entity id must be 1 to ${MAX_ENTITY_ID} characters without spaces.`);
}

function checkedUrl(url: string, name: string, options: SettingsOptions): string {
  if (isServiceUrl(url, options)) return url;
  throw refused(`The ${name} URL must be an https URL without user, password and fragment.`);
}

function checkedLogout(service: SingleLogoutService, options: SettingsOptions): SingleLogoutService {
  const { responseUrl } = service;
  return {
    url: checkedUrl(service.url, "single logout", options),
    binding: service.binding,
    ...(responseUrl !== undefined && { responseUrl: checkedUrl(responseUrl, "single logout response", options) }),
  };
}

/** Whether a browser can be sent there. */
export function isServiceUrl(written: string, { allowHttp = false }: SettingsOptions): boolean {
  const isText = written.length <= MAX_URL && !/[\s\p{C}]/u.test(written) && URL.canParse(written);
  const url = isText ? new URL(written) : null;
  return url !== null && isSecure(url, allowHttp) && url.username + url.password + url.hash === "";
}

function isSecure(url: URL, allowHttp: boolean): boolean {
  if (url.protocol === "https:") return true;
  const isLoopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  return allowHttp && url.protocol === "http:" && isLoopback;
}

function refused(detail: string): Refusal {
  return new Refusal("invalid_request", detail);
}
