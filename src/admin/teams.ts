/** Teams: people put together by hand, or by the directory groups that are mapped. */
import { createTeam, deleteTeam, listTeams, readTeam, type TeamChange, updateTeam } from "../directory/teams/teams.ts";
import { line, NO_NUL } from "./memberSchemas.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { JsonAnswer, Resource, TenantCall } from "./route.ts";
import {
  arrayOf,
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

/** Ids of people in one request, as in one request to a SCIM group. */
const people = arrayOf(id, { maxItems: 1000, uniqueItems: true });

const change = {
  name: line(200),
  description: nullable({ type: "string", maxLength: 2000, pattern: NO_NUL }),
  groups: {
    ...arrayOf({ anyOf: [label, object({ id, name: text }, ["id"])] }, { maxItems: 100 }),
    description:
      "Directory groups whose members are in the team, for as long as they are in the group: by name, which means the groups of that name now, or by id.",
  },
  members: { ...people, description: "Ids of all who are in the team by hand." },
};

export const teams: Resource = {
  tag: "Teams",
  description:
    "A team gives no role and no seat: applications route, report and share by it. Who is in one: `members?team=`; " +
    "a member's teams are changed at the member, too.",
  schemas: {
    Team: record({
      id,
      name: text,
      description: nullable(text),
      groups: { ...arrayOf(record({ id, name: text })), description: "Directory groups that are mapped to it." },
      memberCount: { type: "integer", minimum: 0, description: "By hand or by a group, each once." },
      createdAt: instant,
    }),
    NewTeam: object(change, ["name"]),
    TeamChange: object({ ...change, addMembers: people, removeMembers: people }),
  },
  routes: [
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/teams",
      operationId: "listTeams",
      summary: "List the teams, the oldest first",
      permission: "teams:view",
      query: pageQuery,
      responses: { 200: json("A page of teams.", pageOf(ref("Team"))) },
      handle: list,
    },
    {
      scope: "tenant",
      method: "POST",
      path: "/tenants/{t}/teams",
      operationId: "createTeam",
      summary: "Make a team, with people and mapped groups",
      permission: "teams:create",
      body: ref("NewTeam"),
      responses: { 201: json("The team.", ref("Team")) },
      handle: post,
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/teams/{id}",
      operationId: "getTeam",
      summary: "Read a team",
      permission: "teams:view",
      responses: { 200: json("The team.", ref("Team")) },
      handle: async ({ db, who, params }) => ({ status: 200, body: await readTeam(db, who, params["id"] ?? "") }),
    },
    {
      scope: "tenant",
      method: "PATCH",
      path: "/tenants/{t}/teams/{id}",
      operationId: "updateTeam",
      summary: "Rename or describe a team, map groups to it, or change who is in it",
      permission: "teams:edit",
      body: ref("TeamChange"),
      responses: { 200: json("The team.", ref("Team")) },
      handle: patch,
    },
    {
      scope: "tenant",
      method: "DELETE",
      path: "/tenants/{t}/teams/{id}",
      operationId: "deleteTeam",
      summary: "Delete a team; its people stay members",
      permission: "teams:delete",
      responses: { 204: nothing },
      handle: remove,
    },
  ],
};

async function list({ db, who, query }: TenantCall<PageQuery>): Promise<JsonAnswer> {
  const page = await listTeams(db, who, { limit: query.limit, place: idPlace(query) });
  return { status: 200, body: idPage(page, (team) => team) };
}

async function post({ db, who, body }: TenantCall<unknown, TeamChange & { name: string }>): Promise<JsonAnswer> {
  return { status: 201, body: await createTeam(db, who, body) };
}

async function patch({ db, who, params, body }: TenantCall<unknown, TeamChange>): Promise<JsonAnswer> {
  return { status: 200, body: await updateTeam(db, who, params["id"] ?? "", body) };
}

async function remove({ db, who, params }: TenantCall): Promise<JsonAnswer> {
  await deleteTeam(db, who, params["id"] ?? "");
  return { status: 204 };
}
