import type { Request, Response } from "express";
import { Refusal } from "../base/errors.ts";
import { createDomain, verifyDomain } from "../directory/domains/domains.ts";
import { createScimToken } from "../directory/directories/scimTokens.ts";
import type { SetupSession } from "../directory/connections/setupLinks.ts";
import { setupThings } from "../directory/connections/setupRequests.ts";
import type { Access } from "./options.ts";
import { sendPage } from "./sendPage.ts";
import { setupForm, setupOf, viewOf, whoOf } from "./setupLink.ts";
import { stepsPage, tokenPage } from "./setupLinkPages.ts";

/** `GET /setup/steps`: everything that the link is for. */
export async function showSteps(access: Access, req: Request, res: Response): Promise<void> {
  await steps(access, req, res, await setupOf(access, req, null));
}

async function steps(access: Access, req: Request, res: Response, setup: SetupSession, fault?: string): Promise<void> {
  const items = await setupThings(access.db, whoOf(setup, access.now()));
  const page = { items, baseUrl: baseUrlOf(access) };
  sendPage(res, fault === undefined ? 200 : 400, stepsPage(viewOf(req, setup, fault ?? null), page));
}

function baseUrlOf({ publicUrl }: Access): string {
  return `${publicUrl}/scim/v2`;
}

/** `POST /setup/tokens`: a token for the tenant's first directory, shown this once. */
export async function makeToken(access: Access, req: Request, res: Response): Promise<void> {
  const { setup, form } = await setupForm(access, req, "scim");
  const name = form.optional("name").trim().slice(0, 100);
  if (name === "") return steps(access, req, res, setup, "name");
  const wanted = { name, directoryId: null, dialect: "tolerant", expiresAt: null } as const;
  await orSteps(access, req, res, setup, async () => {
    const { token, awaitsApproval } = await createScimToken(access.db, whoOf(setup, access.now()), wanted);
    sendPage(res, 201, tokenPage(viewOf(req, setup), { token, awaitsApproval, baseUrl: baseUrlOf(access) }));
  });
}

/** `POST /setup/domains`. */
export async function addDomain(access: Access, req: Request, res: Response): Promise<void> {
  const { setup, form } = await setupForm(access, req, "domain");
  await orSteps(access, req, res, setup, async () => {
    await createDomain(access.db, whoOf(setup, access.now()), form.optional("domain").trim().slice(0, 500));
    res.redirect(303, "/setup/steps");
  });
}

/** `POST /setup/domains/check`: asks the DNS now. */
export async function checkDomain(access: Access, req: Request, res: Response): Promise<void> {
  const { setup, form } = await setupForm(access, req, "domain");
  await orSteps(access, req, res, setup, async () => {
    const name = form.optional("domain").slice(0, 253);
    await verifyDomain(access.db, whoOf(setup, access.now()), name, access.lookUpTxt);
    res.redirect(303, "/setup/steps");
  });
}

/** A refusal of the form is shown where it was filled in. */
async function orSteps(
  access: Access,
  req: Request,
  res: Response,
  setup: SetupSession,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refusal) || error.code === "unauthenticated") throw error;
    await steps(access, req, res, setup, error.message);
  }
}
