/** Two people sign in, each at an identity provider in this process: one by SAML, one by OpenID Connect. */
import { oidcIdp } from "../test/support/oidcIdp.ts";
import { samlIdp } from "../test/support/samlIdp.ts";
import { type Browser, newBrowser } from "./browser.ts";
import type { Pushed } from "./directory.ts";
import { type Everyone, type Member, type Stage, whoWaits } from "./stage.ts";

interface Connection {
  readonly id: string;
  readonly saml?: Readonly<Record<"acsUrl" | "spEntityId" | "metadataUrl" | "sloUrl", string>>;
  readonly oidc?: { readonly redirectUri: string };
}

interface Session {
  readonly member: Member;
  readonly roles: readonly string[];
  readonly seat: string;
  readonly authMethod: string;
}

/** The domain is verified first, so that an address in it is proof enough to be the member who has it. */
export async function peopleSignIn(stage: Stage, everyone: Everyone): Promise<void> {
  const { page, tenant } = stage;
  page.chapter("Two people sign in");
  await tenant("POST", "/domains", { domain: "example.com" });
  const { domain, status } = await tenant<{ domain: string; status: string }>(
    "POST",
    "/domains/example.com/verify",
    // As the operator may; a customer puts a TXT record into its DNS.
    { force: true },
  );
  page.line(`The domain ${domain} is ${status}, and each directory's identity provider is connected.`);
  const [, ana] = everyone.okta;
  if (ana) await bySaml(stage, ana);
  const [waiting] = await whoWaits(stage);
  const other = everyone.entra.find(({ id }) => id === waiting?.id) ?? everyone.entra[0];
  if (other) await byOidc(stage, other);
}

async function bySaml(stage: Stage, { email }: Pushed): Promise<void> {
  const connection = await connect(stage, { protocol: "saml", name: "SAML", attributes: { email: "email" } });
  const { saml, id } = connection;
  if (!saml) throw new Error("a SAML connection without its SAML side");
  const provider = samlIdp({ ...saml, redirectUri: "" }, "both");
  await enable(stage, id, { saml: { metadataXml: provider.metadata } });
  const browser = newBrowser();
  const asked = await browser.go(startUrl(stage, id));
  const { samlResponse } = await provider.answer(asked.href, { nameId: `saml|${email}`, email });
  const finish = await browser.postFromElsewhere(saml.acsUrl, { SAMLResponse: samlResponse });
  await browser.go(finish);
  await showSession(stage, browser);
}

async function byOidc(stage: Stage, { email, givenName, familyName }: Pushed): Promise<void> {
  const { oidc, id } = await connect(stage, { protocol: "oidc", name: "OpenID Connect" });
  if (!oidc) throw new Error("an OIDC connection without its OIDC side");
  const provider = await oidcIdp([oidc.redirectUri]);
  const { issuer, clientId, clientSecret } = provider;
  try {
    provider.person = {
      sub: `oidc|${email}`,
      email,
      email_verified: true,
      given_name: givenName,
      family_name: familyName,
    };
    await enable(stage, id, { oidc: { issuer, clientId, clientSecret } });
    const browser = newBrowser();
    const asked = await browser.go(startUrl(stage, id));
    const callback = await provider.visit(asked.href);
    await browser.go(callback);
    await showSession(stage, browser);
  } finally {
    provider.close();
  }
}

function connect({ tenant }: Stage, body: object): Promise<Connection> {
  return tenant<Connection>("POST", "/connections", { provider: "other", ...body });
}

/** `force`, since nobody is there to try the connection first. */
async function enable({ tenant }: Stage, id: string, side: object): Promise<void> {
  await tenant("PATCH", `/connections/${id}`, side);
  await tenant("PATCH", `/connections/${id}`, { status: "enabled", force: true });
}

function startUrl({ usher }: Stage, connection: string): string {
  return `${usher.url}/sso/start?connection=${connection}&return_to=/`;
}

async function showSession({ page, usher }: Stage, browser: Browser): Promise<void> {
  const { member, roles, seat, authMethod } = await browser.read<Session>(`${usher.url}/api/v1/session`);
  const way = authMethod === "saml" ? "SAML" : "OpenID Connect";
  page.line(`${member.displayName} signs in by ${way}: role ${roles.join(", ")}, seat ${seat}.`);
}
