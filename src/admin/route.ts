/**
 * admin/ owns the JSON API of the operator and the tenants: what may be asked, by whom, and in which shape it is
 * answered. Routes are data; one dispatcher (`router.ts`) serves them and one document (`openapi.ts`) shows them. What
 * happens is decided in `directory/`.
 */
import type { areas, verbs } from "../admission/permissions.ts";
import type { MemberSession } from "../directory/signIn/memberSession.ts";
import type { SetupIntent } from "../directory/connections/setupLinks.store.ts";
import type { SetupSession } from "../directory/connections/setupLinks.ts";
import type { Browser } from "../directory/signIn/ssoSignIn.ts";
import type { Tenant } from "../directory/tenants/tenant.ts";
import type { LookUpTxt } from "../http/dns.ts";
import type { Outbound } from "../http/outbound.ts";
import type { SamlThreads } from "../sso/saml/threads.ts";
import type { Actor, Database, Who } from "../storage/types.ts";

/** One of Usher's own permissions. */
type Permission = `${(typeof areas)[number]}:${(typeof verbs)[number]}`;

/** A JSON Schema (2020-12, as OpenAPI 3.1 has it). Names of `Resource.schemas` are reached by `ref`. */
export type Schema = Readonly<Record<string, unknown>>;

/** One kind of thing that the API offers, with its routes and the schemas that it names in the document. */
export interface Resource {
  readonly tag: string;
  readonly description: string;
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly routes: readonly Route[];
}

/** What every route says of itself. */
interface Described {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the base, with `{name}` for parameters; one that is called `id` or ends in `Id` holds a UUID. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  /** Query parameters by name; all are optional, and others are refused. */
  readonly query?: Readonly<Record<string, Schema>>;
  readonly body?: Schema;
  /** In place of `body`: bytes that are no JSON, handed over as they came (`Buffer`). */
  readonly file?: BodyFile;
  /** What is answered when all goes well, by status. */
  readonly responses: Readonly<Record<number, Reply>>;
}

/** A body that is a file. */
interface BodyFile {
  readonly mediaType: string;
  readonly description: string;
  /** Bytes. */
  readonly limit: number;
  /** What a refusal says of an empty one, and of another charset than UTF-8. */
  readonly empty: string;
  readonly notUtf8: string;
}

/** What the document says of an answer: JSON of this schema, nothing, or another media type. */
export interface Reply {
  readonly description: string;
  readonly schema?: Schema;
  /** `application/json` unless given. */
  readonly mediaType?: string;
}

/** A route of the whole server: for the operator, or for everybody. */
interface ServerRoute extends Described {
  readonly scope: "server";
  /** `session`: any signed-in member; `setup`: whoever redeemed a setup link. */
  readonly permission: "operator" | "public" | "session" | "setup";
  handle(call: Call): Promise<Answer>;
}

/** A route of one tenant; its path begins with `/tenants/{t}`. */
interface TenantRoute extends Described {
  readonly scope: "tenant";
  readonly permission: "operator" | "setup" | Permission;
  /** Whether every member who has signed in may do it, too. */
  readonly members?: true;
  /** By a setup link of this intent too; no other route is open to one. */
  readonly setup?: SetupIntent;
  handle(call: TenantCall): Promise<Answer>;
}

export type Route = ServerRoute | TenantRoute;

/**
 * A request that is ready to be carried out. Query and body have been checked against the route's schemas, which is why
 * a handler may name their types.
 */
export interface Call<Query = unknown, Body = unknown> {
  readonly db: Database;
  readonly actor: Actor;
  /** Read once for a request. */
  readonly now: Date;
  /** What the caller holds: `*` for the operator. */
  readonly permissions: readonly string[];
  /** Origin of absolute URLs, without a slash at its end. */
  readonly publicUrl: string;
  /** 32 bytes each, for secrets at rest: the first encrypts, all decrypt. */
  readonly secretKeys: readonly Buffer[];
  /** Where requests may go. While somebody waits for an answer only the metadata of an identity provider is fetched. */
  readonly outbound: Pick<Outbound, "urlFault" | "send">;
  /** Asks the DNS, while somebody waits for the answer. */
  readonly lookUpTxt: LookUpTxt;
  /** Where documents of identity providers are read. */
  readonly samlThreads: Pick<SamlThreads, "readMetadata">;
  /** The session of a request that came with its cookie. */
  readonly session: MemberSession | null;
  /** The same of whoever redeemed a setup link. */
  readonly setup: SetupSession | null;
  /** The session cookie that came along, whatever it opens (any more). */
  readonly cookie: string | null;
  /** The browser or client, for the sign-in log. */
  readonly from: Browser;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
}

export interface TenantCall<Query = unknown, Body = unknown> extends Call<Query, Body> {
  readonly who: Who;
  readonly tenant: Tenant;
}

/** What a handler answers: JSON, nothing (`body` absent), or text of another media type in pieces. */
export type Answer = JsonAnswer | TextAnswer;

export interface JsonAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TextAnswer {
  readonly status: number;
  readonly mediaType: string;
  readonly chunks: Iterable<string> | AsyncIterable<string>;
  readonly headers?: Readonly<Record<string, string>>;
}
