/** Directories: where a customer's people are pushed from. */
import {
  createDirectory,
  deleteDirectory,
  type DirectoryText,
  listDirectories,
  type MembersFate,
  updateDirectory,
} from "../directory/directories/directories.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import { id, instant, json, label, nothing, object, pageOf, pageQuery, record, ref, text } from "./schemas.ts";

/** What a directory is called whose product nobody named. */
const OTHER = "other";
const provider = { ...label, maxLength: 63, description: "Which product it is, as `okta`; nothing is decided by it." };

export const directories: Resource = {
  tag: "Directories",
  description: "Customer directories that push by SCIM; one called `default` is there from the start.",
  schemas: { Directory: record({ id, name: text, provider: text, createdAt: instant }) },
  routes: [
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
      summary: "Delete a directory with its tokens; its members are in human hands from then on",
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
      responses: { 204: nothing },
      handle: remove,
    },
  ],
};

async function list({ db, who, query }: TenantCall<PageQuery>): Promise<JsonAnswer> {
  const page = await listDirectories(db, who, { limit: query.limit, place: idPlace(query) });
  return { status: 200, body: idPage(page, (directory) => directory) };
}

/** The body of `createDirectory`. */
type NewDirectory = Pick<DirectoryText, "name"> & Partial<DirectoryText>;

async function post({ db, who, body }: TenantCall<unknown, NewDirectory>): Promise<JsonAnswer> {
  return { status: 201, body: await createDirectory(db, who, { provider: OTHER, ...body }) };
}

async function patch({ db, who, params, body }: TenantCall<unknown, Partial<DirectoryText>>): Promise<JsonAnswer> {
  return { status: 200, body: await updateDirectory(db, who, params["id"] ?? "", body) };
}

async function remove({ db, who, params, query }: TenantCall<{ members: MembersFate }>): Promise<JsonAnswer> {
  await deleteDirectory(db, who, params["id"] ?? "", query.members);
  return { status: 204 };
}
