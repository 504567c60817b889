import type { Request, Response } from "express";
import { Refusal } from "../base/errors.ts";
import { isUuid } from "../base/ids.ts";
import { createConnection, readConnection, updateConnection } from "../directory/connections/connections.ts";
import { connectionUrls } from "../directory/connections/connectionsForSignIn.ts";
import { createTest, readTest } from "../directory/connections/connectionTests.ts";
import type { SetupSession } from "../directory/connections/setupLinks.ts";
import { askForConnection, setupThings } from "../directory/connections/setupRequests.ts";
import type { Form } from "./form.ts";
import type { Access, GivenProvider } from "./options.ts";
import { sendPage } from "./sendPage.ts";
import { setupForm, setupOf, viewOf, whoOf } from "./setupLink.ts";
import { connectionPage, setupTestPage } from "./setupLinkConnectionPages.ts";

/** Bytes of a form that holds the metadata of one identity provider, which has 3 to 30 kB, and what forms add. */
const MAX_METADATA_FORM = 1_048_576;

/** `POST /setup/connections`: a draft of the chosen product. */
export async function addConnection(access: Access, req: Request, res: Response): Promise<void> {
  const { setup, form } = await setupForm(access, req, "sso");
  const slug = form.optional("provider");
  const wanted = access.providers.draftOf(slug);
  if (!wanted) throw new Refusal("invalid_request", "There is no such identity provider in the list.");
  const made = await createConnection(access, whoOf(setup, access.now()), wanted);
  res.redirect(303, `/setup/connections/${made.id}`);
}

/** `GET /setup/connections/{id}`. */
export async function showConnection(access: Access, req: Request, res: Response): Promise<void> {
  const setup = await setupOf(access, req, "sso");
  await shown(access, req, res, setup, null);
}

async function shown(
  access: Access,
  req: Request,
  res: Response,
  setup: SetupSession,
  fault: string | null,
): Promise<void> {
  const who = whoOf(setup, access.now());
  const connection = await readConnection(access.db, who, idOf(req));
  const items = await setupThings(access.db, who);
  const view = viewOf(req, setup, fault);
  const isAsked = items.some((each) => each.kind === "connection" && each.thing === connection.id && each.isAsked);
  const urls = connectionUrls(access.publicUrl, connection.id);
  sendPage(res, fault === null ? 200 : 400, connectionPage(view, { connection, urls, isAsked }));
}

/** `POST /setup/connections/{id}`: the identity provider's side. */
export async function saveConnection(access: Access, req: Request, res: Response): Promise<void> {
  const { setup, form } = await setupForm(access, req, "sso", MAX_METADATA_FORM);
  await orShown(access, req, res, setup, async () => {
    const now = access.now();
    const who = whoOf(setup, now);
    const { id, protocol, provider } = await readConnection(access.db, who, idOf(req));
    const given = protocol === "saml" ? samlOf(form) : oidcOf(form);
    const data = await access.providers.read(given, { provider, whose: setup.tenant.id, now });
    await updateConnection(access, who, id, { data: () => data });
    res.redirect(303, `/setup/connections/${id}`);
  });
}

function samlOf(form: Form): GivenProvider {
  const [metadataUrl, metadataXml] = [form.optional("metadataUrl").trim(), form.optional("metadataXml").trim()];
  if (metadataXml !== "") return { saml: { metadataXml } };
  const fields = [
    form.optional("entityId").trim(),
    form.optional("ssoUrl").trim(),
    form.optional("certificate").trim(),
  ];
  const [entityId, ssoUrl, certificate] = fields;
  if (entityId && ssoUrl && certificate) return { saml: { entityId, ssoUrl, certificates: [certificate] } };
  if (metadataUrl !== "") return { saml: { metadataUrl } };
  throw new Refusal(
    "invalid_request",
    "Enter the address of the metadata, or the metadata itself, or all three values.",
  );
}

function oidcOf(form: Form): GivenProvider {
  const [issuer, clientId, clientSecret] = ["issuer", "clientId", "clientSecret"].map((name) =>
    form.optional(name).trim(),
  );
  if (!issuer || !clientId || !clientSecret) throw new Refusal("invalid_request", "Fill in all fields.");
  const hostedDomain = form.optional("hostedDomain").trim();
  return { oidc: { issuer, clientId, clientSecret, ...(hostedDomain !== "" && { hostedDomain }) } };
}

/** `POST /setup/connections/{id}/tests`: a test, whose address is shown this once. */
export async function beginTest(access: Access, req: Request, res: Response): Promise<void> {
  const { setup } = await setupForm(access, req, "sso");
  await orShown(access, req, res, setup, async () => {
    const who = whoOf(setup, access.now());
    const connectionId = idOf(req);
    const { id, secret } = await createTest(access.db, who, connectionId);
    const url = `/sso/test?${new URLSearchParams({ c: connectionId, t: secret })}`;
    const test = await readTest(access.db, who, connectionId, id);
    sendPage(res, 201, setupTestPage(viewOf(req, setup), connectionId, test, url));
  });
}

/** `GET /setup/connections/{id}/tests/{testId}`: what came of it. */
export async function showSetupTest(access: Access, req: Request, res: Response): Promise<void> {
  const setup = await setupOf(access, req, "sso");
  const who = whoOf(setup, access.now());
  const test = await readTest(access.db, who, idOf(req), uuidOf(req.params["test"]));
  sendPage(res, 200, setupTestPage(viewOf(req, setup), idOf(req), test, null));
}

/** `POST /setup/connections/{id}/live`. */
export async function goLive(access: Access, req: Request, res: Response): Promise<void> {
  const { setup } = await setupForm(access, req, "sso");
  await orShown(access, req, res, setup, async () => {
    await askForConnection(access, whoOf(setup, access.now()), idOf(req));
    res.redirect(303, "/setup/steps");
  });
}

/** What is no UUID is nobody's id; it never reaches SQL. @throws Refusal `not_found` */
function uuidOf(value: unknown): string {
  if (typeof value === "string" && isUuid(value)) return value.toLowerCase();
  throw new Refusal("not_found", "There is no such page.");
}

function idOf(req: Request): string {
  return uuidOf(req.params["connection"]);
}

/** A refusal of the form is shown where it was filled in. */
async function orShown(
  access: Access,
  req: Request,
  res: Response,
  setup: SetupSession,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isForm = error instanceof Refusal && error.code !== "unauthenticated" && error.code !== "not_found";
    if (!isForm) throw error;
    await shown(access, req, res, setup, error.message);
  }
}
