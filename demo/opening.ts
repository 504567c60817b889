/** The first chapter: a customer buys a plan, and gets directories, an admin and a webhook. */
import { randomBytes } from "node:crypto";
import { entraDirectory } from "./entra.ts";
import { oktaDirectory } from "./okta.ts";
import type { Page } from "./page.ts";
import { openReceiver } from "./receiver.ts";
import { type Admin, showSeats, type Stage } from "./stage.ts";
import { type Call, caller, type Usher } from "./usher.ts";

export const SLUG = "example-works";
const PLAN = "advanced";
/** What the application asks to hear of. */
export const EVENTS = ["member.*", "group.*", "mappings.*", "seats.*"];

export async function opening(usher: Usher, page: Page): Promise<Stage> {
  page.chapter("A customer arrives");
  const api = caller(`${usher.url}/api/v1`, usher.operatorKey, "application/json");
  const made = await api<{ name: string; plan: string }>("POST", "/tenants", {
    slug: SLUG,
    name: "Example Works",
    plan: PLAN,
  });
  const tenant: Call = (method, path, body) => api(method, `/tenants/${SLUG}${path}`, body);
  const admin = await addAdmin(tenant);
  const receiver = await openReceiver();
  const { secret } = await tenant<{ secret: string }>("POST", "/webhooks", { url: receiver.url, events: EVENTS });
  receiver.trust(secret);
  const okta = oktaDirectory(await directoryCalls(usher, tenant, "Okta"));
  const entra = entraDirectory(await directoryCalls(usher, tenant, "Entra ID"));
  page.line(`${made.name} buys the plan "${made.plan}". Ida, who administers it, takes the first seat.`);
  page.line("Two directories get a token each, and your application an endpoint for webhooks.");
  const stage: Stage = { usher, page, tenant, receiver, admin, okta, entra };
  await showSeats(stage);
  return stage;
}

async function addAdmin(tenant: Call): Promise<Admin> {
  const [email, password] = ["ida@example.com", randomBytes(12).toString("base64url")];
  const name = { givenName: "Ida", familyName: "Example" };
  await tenant("POST", "/members", { email, name, roles: ["admin"], password });
  return { email, password };
}

/** A directory of the tenant, and the calls that its token allows. */
async function directoryCalls(usher: Usher, tenant: Call, name: string): Promise<Call> {
  const provider = name.toLowerCase().replace(" ", "-");
  const { id } = await tenant<{ id: string }>("POST", "/directories", { name, provider });
  const { token, baseUrl } = await tenant<{ token: string; baseUrl: string }>("POST", "/scim-tokens", {
    name,
    directoryId: id,
  });
  return caller(new URL(baseUrl, usher.url).href, token, "application/scim+json");
}
