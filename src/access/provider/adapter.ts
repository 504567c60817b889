/** Where the library keeps its records: one statement each, and never within a transaction of ours. */
import { type Adapter, type AdapterFactory, type AdapterPayload, errors } from "oidc-provider";
import { hashToken } from "../../base/secrets.ts";
import {
  consumePayload,
  deleteByGrant,
  deletePayload,
  type FoundPayload,
  payloadById,
  payloadByUid,
  revokeGrantOf,
  writePayload,
} from "../../directory/applications/oidcPayloads.store.ts";
import { rememberApplication } from "../../directory/applications/signOn.store.ts";
import { acrossTenants } from "../../storage/scope.ts";
import type { Database, Statement } from "../../storage/types.ts";
import { signOnOf } from "./account.ts";
import type { ClientSource } from "./clients.ts";

interface Parts {
  readonly db: Database;
  readonly now: () => Date;
  readonly clientSources: readonly ClientSource[];
}

/**
 * The library wants one of its clients, since it counts our subjects as pairwise (`configuration.ts`); it is never fetched,
 * and no subject comes of it. RFC 2606 §2 keeps the name for nobody.
 */
const SECTOR = "https://usher.invalid/";

/** NUL, as JSON writes it: `state`, `nonce` and the like are an application's words, and jsonb keeps all but that one. */
const NUL = /(?<!\\)(?:\\\\)*\\u0000/;

/** The adapter of the library, one for each kind of record. */
export function adapterFor(parts: Parts): AdapterFactory {
  return (kind) => (kind === "Client" ? clients(parts) : records(parts, kind));
}

/** Clients are found, never written: each source is asked in turn. */
function clients({ db, now, clientSources }: Parts): Adapter {
  const none = async (): Promise<undefined> => undefined;
  return {
    find: async (clientId) => {
      for (const source of clientSources) {
        const found = await source(db, clientId, now());
        if (found) return { sector_identifier_uri: SECTOR, ...found };
      }
      return undefined;
    },
    upsert: none,
    findByUserCode: none,
    findByUid: none,
    consume: none,
    destroy: none,
    revokeByGrantId: none,
  };
}

function records({ db, now }: Parts, kind: string): Adapter {
  const run = <Row>(statement: Statement<Row>): Promise<Row[]> =>
    acrossTenants(db, { actor: { type: "system" }, now: now() }, ({ trx }) => trx.run(statement));
  return {
    upsert: async (id, payload, expiresIn) => {
      if (NUL.test(JSON.stringify(payload))) throw new errors.InvalidRequest("parameters must hold no NUL character");
      await run(writePayload(recordOf(kind, id, payload, expiresIn, now())));
      // From here on the application may be told who signed in, and is to be told when they sign out.
      const signOn = kind === "AuthorizationCode" ? signOnOf(payload.accountId) : undefined;
      if (!signOn || payload.clientId === undefined) return;
      await run(rememberApplication(signOn, { clientId: payload.clientId, sid: payload.sid ?? null }, now()));
    },
    find: async (id) => {
      const found = payloadOf(await run(payloadById(kind, hashToken(id))));
      return found && { ...found, jti: id };
    },
    findByUid: async (uid) => payloadOf(await run(payloadByUid(kind, uid))),
    findByUserCode: async () => undefined,
    consume: async (id) => {
      const [consumed] = await run(consumePayload(kind, hashToken(id), now()));
      if (consumed) return;
      // RFC 6749 §4.1.2: a code that is used again "SHOULD revoke (when possible) all tokens previously issued" for it.
      await run(revokeGrantOf(kind, hashToken(id)));
      throw new errors.InvalidGrant("already used");
    },
    destroy: async (id) => void (await run(deletePayload(kind, hashToken(id)))),
    revokeByGrantId: async (grantId) => void (await run(deleteByGrant(kind, grantId))),
  };
}

/** Of what opens a record only a hash is kept: neither its id, nor the cookie that an interaction came with. */
function recordOf(
  kind: string,
  id: string,
  payload: AdapterPayload,
  expiresIn: number | undefined,
  now: Date,
): Parameters<typeof writePayload>[0] {
  const { jti: _jti, session, ...kept } = payload;
  const { cookie: _cookie, ...shown } = session ?? {};
  return {
    kind,
    id: hashToken(id),
    payload: { ...kept, ...(session && { session: shown }) },
    grantId: payload.grantId ?? null,
    uid: kind === "Session" ? (payload.uid ?? null) : null,
    expiresAt: new Date(now.getTime() + (expiresIn ?? 0) * 1000),
  };
}

function payloadOf([found]: readonly FoundPayload[]): AdapterPayload | undefined {
  if (!found) return undefined;
  const { payload, consumedAt } = found;
  return { ...payload, ...(consumedAt && { consumed: Math.floor(consumedAt.getTime() / 1000) }) };
}
