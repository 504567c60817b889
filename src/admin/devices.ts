/** Where members are signed in: a member's own devices, and those of others for who may edit them. */
import { deviceName } from "../directory/signIn/deviceName.ts";
import { endDevice, endDevices, listDevices } from "../directory/signIn/devices.ts";
import { readMember } from "../directory/members/memberList.ts";
import type { MemberSession } from "../directory/signIn/memberSession.ts";
import type { Device } from "../directory/signIn/sessions.store.ts";
import type { Who } from "../storage/types.ts";
import { ownSession } from "./ownSession.ts";
import { idPage, idPlace, type PageQuery } from "./paging.ts";
import type { Answer, Call, Resource, TenantCall } from "./route.ts";
import { boolean, id, instant, json, nothing, nullable, pageOf, pageQuery, record, ref, text } from "./schemas.ts";

const ended = json("Done.", record({ ended: { type: "integer", minimum: 0, description: "How many sessions." } }));

export const devices: Resource = {
  tag: "Devices",
  description:
    "A session is one member in one browser. One that is ended is dead for the next request, on every process.",
  schemas: {
    Device: record({
      id,
      device: { ...nullable(text), description: "Browser and system, as `Firefox, Windows`; null where not known." },
      ip: nullable(text),
      authMethod: { type: "string", enum: ["saml", "oidc", "password", "passkey"] },
      createdAt: instant,
      seenAt: { ...instant, description: "The latest request, to the minute." },
      expiresAt: instant,
      current: { ...boolean, description: "Whether it is the one that asks." },
    }),
  },
  routes: [
    {
      scope: "server",
      method: "GET",
      path: "/session/devices",
      operationId: "listOwnDevices",
      summary: "Where I am signed in",
      permission: "session",
      query: pageQuery,
      responses: { 200: json("A page of sessions, the oldest first.", pageOf(ref("Device"))) },
      handle: (call: Call<PageQuery>) => ofMine(call, (who, own) => page(call, who, own)),
    },
    {
      scope: "server",
      method: "DELETE",
      path: "/session/devices",
      operationId: "endOtherDevices",
      summary: "End all my other sessions",
      permission: "session",
      responses: { 200: ended },
      handle: (call) => ofMine(call, (who, own) => endAll(call, who, own)),
    },
    {
      scope: "server",
      method: "DELETE",
      path: "/session/devices/{id}",
      operationId: "endOwnDevice",
      summary: "End one of my sessions",
      permission: "session",
      responses: { 204: nothing },
      handle: (call) => ofMine(call, (who, own) => endOne(call, who, own, call.params["id"])),
    },
    {
      scope: "tenant",
      method: "GET",
      path: "/tenants/{t}/members/{id}/sessions",
      operationId: "listSessionsOfMember",
      summary: "Where a member is signed in",
      permission: "members:view",
      query: pageQuery,
      responses: { 200: json("A page of sessions, the oldest first.", pageOf(ref("Device"))) },
      handle: async (call: TenantCall<PageQuery>) => page(call, call.who, await memberOf(call)),
    },
    {
      scope: "tenant",
      method: "DELETE",
      path: "/tenants/{t}/members/{id}/sessions",
      operationId: "endSessionsOfMember",
      summary: "End all sessions of a member; one's own that asks stays",
      permission: "members:edit",
      responses: { 200: ended },
      handle: async (call: TenantCall) => endAll(call, call.who, await memberOf(call)),
    },
    {
      scope: "tenant",
      method: "DELETE",
      path: "/tenants/{t}/members/{id}/sessions/{sessionId}",
      operationId: "endSessionOfMember",
      summary: "End one session of a member",
      permission: "members:edit",
      responses: { 204: nothing },
      handle: async (call: TenantCall) => endOne(call, call.who, await memberOf(call), call.params["sessionId"]),
    },
  ],
};

async function ofMine(call: Call, work: (who: Who, memberId: string) => Promise<Answer>): Promise<Answer> {
  const { who, member } = ownSession(call);
  return work(who, member.id);
}

/** @throws Refusal `not_found` for who is no member of this tenant */
async function memberOf({ db, who, params }: TenantCall): Promise<string> {
  return (await readMember(db, who, params["id"] ?? "")).id;
}

async function page({ db, query, session }: Call<PageQuery>, who: Who, memberId: string): Promise<Answer> {
  const wanted = { limit: query.limit, place: idPlace(query) };
  const found = await listDevices(db, who, memberId, wanted);
  return { status: 200, body: idPage(found, (device) => shown(device, session)) };
}

async function endAll({ db, session }: Call, who: Who, memberId: string): Promise<Answer> {
  return { status: 200, body: { ended: await endDevices(db, who, memberId, session?.session.id ?? null) } };
}

async function endOne({ db }: Call, who: Who, memberId: string, sessionId = ""): Promise<Answer> {
  await endDevice(db, who, memberId, sessionId);
  return { status: 204 };
}

function shown({ userAgent, ...device }: Device, session: MemberSession | null): object {
  return { ...device, device: deviceName(userAgent), current: device.id === session?.session.id };
}
