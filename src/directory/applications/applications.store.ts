import type { Statement } from "../../storage/types.ts";

/** How an application runs: with a secret (`web`), in browsers (`spa`), or on people's devices (`native`). */
export type ApplicationType = "web" | "spa" | "native";

/** An application of the vendor: a client of our OpenID Provider. */
export interface Application {
  readonly clientId: string;
  readonly name: string;
  readonly type: ApplicationType;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly backchannelLogoutUri: string | null;
  readonly initiateLoginUri: string | null;
  /** For which APIs it may ask for access tokens (RFC 8707). */
  readonly resources: readonly string[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The hashes of its secrets: that of now, and the one before while it is good. */
export interface ApplicationSecrets {
  readonly secretHash: Buffer | null;
  readonly oldSecretHash: Buffer | null;
  readonly oldSecretUntil: Date | null;
}

const APPLICATION = `client_id as "clientId", name, type, redirect_uris as "redirectUris",
  post_logout_redirect_uris as "postLogoutRedirectUris", backchannel_logout_uri as "backchannelLogoutUri",
  initiate_login_uri as "initiateLoginUri", resources, created_at as "createdAt", updated_at as "updatedAt"`;

/** An application with the hashes of its secrets. */
export function applicationByClientId(clientId: string): Statement<Application & ApplicationSecrets> {
  return {
    name: "application_read",
    text: `select ${APPLICATION}, secret_hash as "secretHash", old_secret_hash as "oldSecretHash",
      old_secret_until as "oldSecretUntil" from applications where client_id = $1`,
    values: [clientId],
  };
}

/** The same without its secrets, and nobody else changes it until the transaction ends. */
export function lockApplication(clientId: string): Statement<Application> {
  return {
    name: "application_lock",
    text: `select ${APPLICATION} from applications where client_id = $1 for update`,
    values: [clientId],
  };
}

/** Applications after a client id, in the order of their ids. */
export function applicationsAfter(after: string, most: number): Statement<Application> {
  return {
    name: "application_list",
    text: `select ${APPLICATION} from applications where client_id > $1 order by client_id limit $2`,
    values: [after, most],
  };
}

/** How many there are. */
export const countApplications: Statement<{ count: number }> = {
  name: "application_count",
  text: "select count(*) from applications",
  values: [],
};

function valuesOf(application: Application): readonly unknown[] {
  return [
    application.clientId,
    application.name,
    application.type,
    application.redirectUris,
    application.postLogoutRedirectUris,
    application.backchannelLogoutUri,
    application.initiateLoginUri,
    application.resources,
    application.updatedAt,
  ];
}

/** A new one, with the hash of its secret. */
export function insertApplication(application: Application, secretHash: Buffer | null): Statement {
  return {
    name: "application_insert",
    text: `insert into applications (client_id, name, type, redirect_uris, post_logout_redirect_uris,
        backchannel_logout_uri, initiate_login_uri, resources, updated_at, created_at, secret_hash)
      values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$9,$10)`,
    values: [...valuesOf(application), secretHash],
  };
}

/** Writes what of it may change. */
export function updateApplication(application: Application): Statement {
  return {
    name: "application_update",
    text: `update applications set name = $2, type = $3, redirect_uris = $4, post_logout_redirect_uris = $5,
      backchannel_logout_uri = $6, initiate_login_uri = $7, resources = $8, updated_at = $9 where client_id = $1`,
    values: valuesOf(application),
  };
}

/** Gives it a new secret; the one before is good until then. A row, or none where there is no such secret to replace. */
export function replaceSecret(clientId: string, hash: Buffer, oldUntil: Date | null): Statement<{ clientId: string }> {
  return {
    name: "application_secret",
    text: `update applications set old_secret_hash = case when $3::timestamptz is null then null else secret_hash end,
        old_secret_until = $3, secret_hash = $2
      where client_id = $1 and secret_hash is not null returning client_id as "clientId"`,
    values: [clientId, hash, oldUntil],
  };
}

/** Deletes it, with what it knows of who is signed in; its tokens open nothing any more. A row or none. */
export function deleteApplication(clientId: string): Statement<{ clientId: string }> {
  return {
    name: "application_delete",
    text: `with forgotten as (delete from application_sessions where client_id = $1)
      delete from applications where client_id = $1 returning client_id as "clientId"`,
    values: [clientId],
  };
}

/** Whether an application sends browsers back to this origin. */
export function applicationAtOrigin(origin: string): Statement<{ known: boolean }> {
  return {
    name: "application_origin",
    text: `select exists (select from applications a, unnest(a.redirect_uris || a.initiate_login_uri) as u(uri)
      where u.uri = $1 or starts_with(u.uri, $1 || '/')) as known`,
    values: [origin],
  };
}
