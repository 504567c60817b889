/** A member's own profile. */
import { Refusal } from "../base/errors.ts";
import type { MemberSession } from "../directory/signIn/memberSession.ts";
import { readMember } from "../directory/members/memberList.ts";
import { profileView } from "../directory/members/memberView.ts";
import { editOwnProfile, lockedFields, type ProfileChange, unprovenEmail } from "../directory/members/profile.ts";
import { confirmEmail } from "../directory/members/profileEmail.ts";
import { completeSettings } from "../directory/tenants/tenantSettings.ts";
import { avatarUrl, email, line, personName, preferenceFields } from "./memberSchemas.ts";
import type { Call, JsonAnswer, Resource } from "./route.ts";
import { arrayOf, boolean, json, nothing, nullable, object, record, ref, text } from "./schemas.ts";

export const profile: Resource = {
  tag: "Profile",
  description:
    "What a member who has signed in may change of themselves. Another address holds once it is proven by mail.",
  schemas: {
    Profile: record({
      name: record({ givenName: nullable(text), familyName: nullable(text) }),
      displayName: text,
      jobTitle: nullable(text),
      avatarUrl: nullable(text),
      email: nullable(text),
      emailVerified: { ...boolean, description: "Whether the person has proven that the mailbox is theirs." },
      unprovenEmail: { ...nullable(text), description: "The address that was asked for and is not proven yet." },
      preferences: ref("Preferences"),
      locked: {
        ...arrayOf(
          record({
            field: { enum: ["name", "jobTitle", "avatarUrl", "email"] },
            code: { enum: ["managed_by_directory", "forbidden"] },
            reason: text,
          }),
        ),
        description: "What the member cannot change here, and why.",
      },
    }),
    ProfileChange: object({
      name: { ...personName, description: "A part that is left out stays." },
      jobTitle: nullable(line(200)),
      avatarUrl: nullable(avatarUrl),
      email: {
        ...email,
        description: "Mailed a proof; holds once that is confirmed. The present one ends such a wish.",
      },
      preferences: object(preferenceFields),
    }),
  },
  routes: [
    {
      scope: "server",
      method: "GET",
      path: "/session/profile",
      operationId: "getProfile",
      summary: "Read one's own profile",
      permission: "session",
      responses: { 200: json("The profile.", ref("Profile")) },
      handle: async (call) => ({ status: 200, body: await shown(call, own(call)) }),
    },
    {
      scope: "server",
      method: "PATCH",
      path: "/session/profile",
      operationId: "editProfile",
      summary: "Change one's own profile",
      permission: "session",
      body: ref("ProfileChange"),
      responses: { 200: json("The profile as it is now.", ref("Profile")) },
      handle: edit,
    },
    {
      scope: "server",
      method: "POST",
      path: "/email-changes/confirm",
      operationId: "confirmEmailChange",
      summary: "Prove the mailbox of a new address",
      permission: "public",
      body: object({ token: { type: "string", minLength: 1, maxLength: 200 } }, ["token"]),
      responses: { 204: nothing },
      handle: confirm,
    },
  ],
};

type Body = Pick<ProfileChange, "name" | "jobTitle" | "avatarUrl" | "email"> & {
  readonly preferences?: Omit<ProfileChange, "name" | "jobTitle" | "avatarUrl" | "email">;
};

async function edit(call: Call): Promise<JsonAnswer> {
  const mine = own(call);
  const { mustChangePassword, mustAddFactor } = mine.session;
  if (mustChangePassword || mustAddFactor) {
    throw new Refusal("forbidden", "Choose a new password, or add the second factor, first.");
  }
  const { preferences, ...rest } = call.body as Body;
  const who = { tenantId: mine.tenant.id, actor: call.actor, now: call.now, permissions: mine.permissions };
  await editOwnProfile(call.db, who, mine.member.id, { ...rest, ...preferences }, settingsOf(mine));
  return { status: 200, body: await shown(call, mine) };
}

async function confirm({ db, body, now, secretKeys }: Call): Promise<JsonAnswer> {
  const { token } = body as { readonly token: string };
  await confirmEmail(db, { actor: { type: "system" }, now }, token, secretKeys);
  return { status: 204 };
}

async function shown({ db, actor, now }: Call, mine: MemberSession): Promise<Record<string, unknown>> {
  const who = { tenantId: mine.tenant.id, actor, now };
  const member = await readMember(db, who, mine.member.id);
  const unproven = await unprovenEmail(db, who, member.id);
  return { ...profileView(member), unprovenEmail: unproven, locked: lockedFields(member, settingsOf(mine)) };
}

function settingsOf({ tenant }: MemberSession): ReturnType<typeof completeSettings> {
  return completeSettings(tenant.settings, tenant.planQuota);
}

function own({ session }: Call): MemberSession {
  if (session) return session;
  throw new Refusal("unauthenticated", "Sign in first.");
}
