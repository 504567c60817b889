import type { Request, Response } from "express";
import { isRefusal } from "../base/errors.ts";
import { isUuid } from "../base/ids.ts";
import { endDevice, endDevices, listDevices } from "../directory/signIn/devices.ts";
import { isFree, type MemberSession } from "../directory/signIn/memberSession.ts";
import { messagesFor } from "./messages.ts";
import type { Access } from "./options.ts";
import { asMember, ownForm, signedIn } from "./ownForm.ts";
import { devicesPage } from "./devicePages.ts";
import { sendPage } from "./sendPage.ts";
import { one } from "./start.ts";

/** More than anybody reads; the rest is ended by the button for all others. */
const MOST = 100;

/** `GET /devices`: where the member is signed in. */
export async function showDevices(access: Access, req: Request, res: Response): Promise<void> {
  const found = await signedIn(access, req);
  if (!found) return res.redirect(303, "/sso/start?return_to=/devices");
  if (!isFree(found)) return res.redirect(303, "/");
  const { session, member } = found;
  const wanted = { limit: MOST, place: undefined };
  const { items } = await listDevices(access.db, asMember(access, found), member.id, wanted);
  const ended = one(req.query, "ended") !== undefined;
  const { id: currentId, csrfToken } = session;
  const messages = messagesFor(req.headers["accept-language"]);
  sendPage(res, 200, devicesPage(messages, { devices: items, currentId, csrfToken, ended }));
}

/** `POST /devices`: ends one of them, or all others. */
export async function takeDevices(access: Access, req: Request, res: Response): Promise<void> {
  const { form, own } = await ownForm(access, req);
  if (isFree(own)) await end(access, own, form.once("id"));
  res.redirect(303, "/devices?ended=1");
}

async function end(access: Access, found: MemberSession, id: string): Promise<void> {
  const who = asMember(access, found);
  const { session, member } = found;
  if (id === "others") return void (await endDevices(access.db, who, member.id, session.id));
  try {
    if (isUuid(id)) await endDevice(access.db, who, member.id, id);
  } catch (error) {
    // It is over, as was wanted.
    if (!isRefusal(error, "not_found")) throw error;
  }
}
