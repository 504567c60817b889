/** Directories: where a customer's people are pushed from. */
import { deleteDirectory, type MembersFate } from "../directory/directories/deleteDirectory.ts";
import {
  createDirectory,
  type DirectoryText,
  listDirectories,
  updateDirectory,
} from "../directory/directories/directories.ts";
import type { Directory } from "../directory/directories/directories.store.ts";
import { previewDirectory, type PushedPerson } from "../directory/directories/directoryPreview.ts";
import { line } from "./memberSchemas.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import {
  arrayOf,
  boolean,
  id,
  instant,
  json,
  label,
  nothing,
  nullable,
  object,
  pageOf,
  pageQuery,
  record,
  ref,
  text,
} from "./schemas.ts";

/** What a directory is called whose product nobody named. */
const OTHER = "other";
const provider = { ...label, maxLength: 63, description: "Which product it is, as `okta`; nothing is decided by it." };

/** As many as a directory of the size that is previewed has; a body of a megabyte holds them. */
const MOST_PEOPLE = 10_000;
const count = { type: "integer", minimum: 0 };
const people = {
  ...arrayOf(object({ userName: line(320), email: line(320), active: boolean }, ["userName"]), {
    minItems: 1,
    maxItems: MOST_PEOPLE,
  }),
  description: "Whom the directory would push; left out: those who are members now.",
};

export const directories: Resource = {
  tag: "Directories",
  description: "Customer directories that push by SCIM; one called `default` is there from the start.",
  schemas: {
    Directory: record({
      id,
      name: text,
      provider: text,
      createdAt: instant,
      status: {
        type: "string",
        enum: ["active", "closing"],
        description: "`closing`: it is being switched off, nobody pushes to it, and its members leave it by a job.",
      },
    }),
    DirectoryPreview: record({
      people: { ...count, description: "How many would be pushed." },
      adopted: { ...count, description: "Members whom the directory would manage from then on." },
      managed: { ...count, description: "Members whom it manages already." },
      created: { ...count, description: "New members." },
      refused: { ...count, description: "Who would not be taken for want of a seat." },
      left: { ...count, description: "Members whom it would not push: they stay as they are." },
      changes: {
        ...arrayOf(ref("PreviewedMember"), { maxItems: 50 }),
        description: "Members whose roles or seat would change by it.",
      },
      conflicts: record({
        count,
        people: arrayOf(
          record({
            userName: text,
            code: { type: "string", enum: ["otherDirectory", "breakGlass", "addressTaken", "twice"] },
            memberId: nullable(id),
          }),
          {
            maxItems: 50,
            description:
              "Another directory manages the member; it is an emergency access; a member of another user name has the " +
              "address, and there would be two; the user name is there twice.",
          },
        ),
      }),
      seats: record({ limit: nullable(count), before: count, after: count, waiting: count }),
    }),
  },
  routes: [
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/directories/{id}/preview",
      operationId: "previewDirectory",
      summary: "See what pushing these people would do: who is adopted, who conflicts, seats; nothing is written",
      permission: "directories:edit",
      body: object({ people }),
      responses: { 200: json("What would happen.", ref("DirectoryPreview")) },
      handle: preview,
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/directories",
      operationId: "listDirectories",
      summary: "List the directories, the oldest first",
      permission: "directories:view",
      query: pageQuery,
      responses: { 200: json("A page of directories.", pageOf(ref("Directory"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/directories",
      operationId: "createDirectory",
      summary: "Make a directory",
      permission: "directories:create",
      body: object({ name: label, provider: { ...provider, default: OTHER } }, ["name"]),
      responses: { 201: json("The directory.", ref("Directory")) },
      handle: post,
    },
    {
      scope: "tenant",
      method: "PATCH",
      path: "/tenants/{t}/directories/{id}",
      operationId: "updateDirectory",
      summary: "Rename a directory",
      permission: "directories:edit",
      body: object({ name: label, provider }),
      responses: { 200: json("The directory.", ref("Directory")) },
      handle: patch,
    },
    {
      scope: "tenant",
      method: "DELETE",
      path: "/tenants/{t}/directories/{id}",
      operationId: "deleteDirectory",
      summary:
        "Switch a directory off and delete it with its tokens; its members, of more than 1,000 by a job, are in human hands from then on",
      permission: "directories:delete",
      query: {
        members: {
          type: "string",
          enum: ["keep", "suspend"],
          default: "keep",
          description:
            "`keep`: members stay as they are, those whom the directory had suspended by an admin's hold; `suspend`: all are held.",
        },
      },
      responses: { 204: nothing, 202: json("A job; its tokens are dead already.", ref("Reconciliation")) },
      handle: remove,
    },
  ],
};

async function list({ db, who, query }: TenantCall<PageQuery>): Promise<JsonAnswer> {
  const page = await listDirectories(db, who, { limit: query.limit, place: idPlace(query) });
  return { status: 200, body: idPage(page, shown) };
}

/** The body of `createDirectory`. */
type NewDirectory = Pick<DirectoryText, "name"> & Partial<DirectoryText>;

async function post({ db, who, body }: TenantCall<unknown, NewDirectory>): Promise<JsonAnswer> {
  return { status: 201, body: shown(await createDirectory(db, who, { provider: OTHER, ...body })) };
}

async function patch({ db, who, params, body }: TenantCall<unknown, Partial<DirectoryText>>): Promise<JsonAnswer> {
  return { status: 200, body: shown(await updateDirectory(db, who, params["id"] ?? "", body)) };
}

async function preview({
  db,
  who,
  params,
  body,
}: TenantCall<unknown, { people?: readonly PushedPerson[] }>): Promise<JsonAnswer> {
  return { status: 200, body: await previewDirectory(db, who, params["id"] ?? "", body.people ?? null) };
}

async function remove({ db, who, params, query }: TenantCall<{ members: MembersFate }>): Promise<JsonAnswer> {
  const run = await deleteDirectory(db, who, params["id"] ?? "", query.members);
  return run ? { status: 202, body: run } : { status: 204 };
}

function shown({ closingAt, ...directory }: Directory): object {
  return { ...directory, status: closingAt === null ? "active" : "closing" };
}
