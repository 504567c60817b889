/** The members of a tenant: who they are, what they may do, and why. */
import {
  addMember,
  dropMember,
  editMember,
  type AddedPerson,
  type MoreOfMember,
} from "../directory/members/adminMembers.ts";
import { explainMember } from "../directory/members/explanation.ts";
import type { MemberEdit } from "../directory/members/memberEdits.ts";
import { listMembers, readMember } from "../directory/members/memberList.ts";
import { memberView } from "../directory/members/memberView.ts";
import { currentRules } from "../directory/roles/rules.ts";
import { completeSettings, type TenantSettings } from "../directory/tenants/tenantSettings.ts";
import { memberCursor, memberFrom, memberQuery, membersAsked, type MembersAsked } from "./memberQuery.ts";
import { memberSchemas } from "./memberSchemas.ts";
import { exportMembers } from "./membersCsv.ts";
import type { PageQuery } from "./paging.ts";
import type { Answer, Resource, Route, TenantCall } from "./route.ts";
import { id as uuid, json, nothing, pageOf, pageQuery, ref } from "./schemas.ts";

const routes: readonly Route[] = [
  {
    scope: "tenant",
    method: "GET",
    path: "/tenants/{t}/members",
    operationId: "listMembers",
    summary: "List members",
    permission: "members:view",
    query: { ...memberQuery, ...pageQuery },
    responses: { 200: json("A page of members.", pageOf(ref("Member"))) },
    handle: list,
  },
  {
    scope: "tenant",
    method: "POST",
    path: "/tenants/{t}/members",
    operationId: "createMember",
    summary: "Add a member, who has joined at once",
    permission: "members:create",
    body: ref("NewMember"),
    responses: { 201: json("The new member.", ref("Member")) },
    handle: create,
  },
  {
    scope: "tenant",
    method: "GET",
    path: "/tenants/{t}/members/{id}",
    operationId: "getMember",
    summary: "Read a member",
    permission: "members:view",
    responses: { 200: json("The member.", ref("Member")) },
    handle: async (call) => ({ status: 200, body: await shown(call, idOf(call)) }),
  },
  {
    scope: "tenant",
    method: "PATCH",
    path: "/tenants/{t}/members/{id}",
    operationId: "editMember",
    summary: "Edit, suspend or release a member, or give them roles",
    permission: "members:edit",
    body: ref("MemberEdit"),
    responses: { 200: json("The member as it is now.", ref("Member")) },
    handle: edit,
  },
  {
    scope: "tenant",
    method: "DELETE",
    path: "/tenants/{t}/members/{id}",
    operationId: "removeMember",
    summary: "Remove a member whom no directory manages",
    permission: "members:delete",
    query: { reassignTo: { ...uuid, description: "The member who is to take over what they leave behind." } },
    responses: { 204: nothing },
    handle: remove,
  },
  {
    scope: "tenant",
    method: "GET",
    path: "/tenants/{t}/members/{id}/explanation",
    operationId: "explainMember",
    summary: "Why a member has this status, these roles and this seat",
    permission: "members:view",
    responses: { 200: json("The reasons.", ref("Explanation")) },
    handle: async (call) => ({ status: 200, body: await explainMember(call.db, call.who, idOf(call)) }),
  },
  exportMembers,
];

export const members: Resource = {
  tag: "Members",
  description: "The people of a tenant; a member's id is its SCIM id.",
  schemas: memberSchemas,
  routes,
};

async function list({ db, who, query }: TenantCall<MembersAsked & PageQuery>): Promise<Answer> {
  const { limit, cursor, ...asked } = query;
  const { rules } = await currentRules(db, who.tenantId);
  const { items, total, next } = await listMembers(db, who, membersAsked(asked), limit, memberFrom(asked, cursor));
  const nextCursor = next && memberCursor(asked, { ...next, total });
  return { status: 200, body: { items: items.map((member) => memberView(member, rules.roles)), total, nextCursor } };
}

async function create(call: TenantCall<unknown, AddedPerson>): Promise<Answer> {
  const { id } = await addMember(call.db, { ...call.who, permissions: call.permissions }, call.body, settingsOf(call));
  return { status: 201, body: await shown(call, id) };
}

async function edit(call: TenantCall<unknown, MemberEdit & MoreOfMember>): Promise<Answer> {
  const who = { ...call.who, permissions: call.permissions };
  const { id } = await editMember(call.db, who, idOf(call), call.body, settingsOf(call));
  return { status: 200, body: await shown(call, id) };
}

async function remove(call: TenantCall<{ reassignTo?: string }>): Promise<Answer> {
  await dropMember(call.db, call.who, idOf(call), call.query.reassignTo ?? null);
  return { status: 204 };
}

async function shown({ db, who }: TenantCall, id: string): Promise<Record<string, unknown>> {
  const { rules } = await currentRules(db, who.tenantId);
  return memberView(await readMember(db, who, id), rules.roles);
}

function settingsOf({ tenant }: TenantCall): TenantSettings {
  return completeSettings(tenant.settings, tenant.planQuota);
}

function idOf({ params }: TenantCall): string {
  return params["id"] ?? "";
}
