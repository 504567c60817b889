/**
 * SimpleSAMLphp as Debian packages it (simplesamlphp, php-cli, php-xml, php-mbstring): an identity provider of another
 * make and language, on loopback, with a configuration of its own in a temporary folder.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = "/usr/share/simplesamlphp";
const PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

/** The one who can sign in there. */
const EMPLOYEE = { user: "employee", password: "employeepass" };

export interface SimpleSamlPhp {
  /** Its own metadata, as it shows it. */
  readonly metadata: () => Promise<string>;
  /** Signs the employee in where our redirect leads, and returns the form that it would make the browser post. */
  readonly answer: (redirectUrl: string, password?: string) => Promise<{ action: string; samlResponse: string }>;
  /** Where it sends the browser that was last signed in there, from one of our redirects or from its own sign-out. */
  readonly logout: (redirectUrl?: string) => Promise<URL>;
  readonly stop: () => Promise<void>;
}

/** Whether it and PHP are installed here. */
export function hasSimpleSamlPhp(): boolean {
  const php = (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, "php")));
  return php && existsSync(join(PROGRAM, "www"));
}

/**
 * Starts it.
 *
 * @param email what it asserts of the employee, as `mail`
 * @param encrypts whether it encrypts assertions, with AES-CBC as all of this line do, and wants our requests signed
 */
export async function startSimpleSamlPhp(spMetadata: string, email: string, encrypts = false): Promise<SimpleSamlPhp> {
  const folder = mkdtempSync(join(tmpdir(), "usher-simplesamlphp-"));
  const origin = `http://127.0.0.1:${await freePort()}`;
  configure(folder, origin, spMetadata, email, encrypts);
  const child = serve(folder, origin);
  await ready(child, origin);
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const metadata = async () => (await fetch(`${origin}/saml2/idp/metadata.php`)).text();
  const browser: Jar = new Map();
  const signIn: SimpleSamlPhp["answer"] = (url, password = EMPLOYEE.password) => {
    browser.clear();
    return answer(browser, url, password);
  };
  const ownLogout = `${origin}/saml2/idp/SingleLogoutService.php?${new URLSearchParams({ ReturnTo: `${origin}/` })}`;
  const logout: SimpleSamlPhp["logout"] = async (url = ownLogout) => (await follow(browser, new URL(url), origin)).url;
  return { metadata, answer: signIn, logout, stop };
}

/** Cookies by their names. */
type Jar = Map<string, string>;

function serve(folder: string, origin: string): ChildProcess {
  const { host } = new URL(origin);
  const settings = ["error_reporting=0", `session.save_path=${join(folder, "sessions")}`];
  const args = [...settings.flatMap((each) => ["-d", each]), "-S", host, "-t", join(PROGRAM, "www")];
  const { PATH = "" } = process.env;
  const env = { PATH, SIMPLESAMLPHP_CONFIG_DIR: join(folder, "config") };
  const child = spawn("php", args, { env, stdio: "ignore" });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  return child;
}

async function ready(child: ChildProcess, origin: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`PHP ended with ${child.exitCode}`);
    const answered = await fetch(`${origin}/saml2/idp/metadata.php`).catch(() => undefined);
    if (answered?.ok) return void (await answered.text());
    if (answered) throw new Error(`SimpleSAMLphp: ${answered.status} ${(await answered.text()).slice(0, 2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("SimpleSAMLphp does not answer");
}

function configure(folder: string, origin: string, spMetadata: string, email: string, encrypts: boolean): void {
  for (const name of ["config", "metadata", "cert", "sessions", "log", "data", "tmp"]) mkdirSync(join(folder, name));
  for (const name of ["idp.key", "idp.crt"]) {
    copyFileSync(fileURLToPath(new URL(`../saml/keys/${name}`, import.meta.url)), join(folder, "cert", name));
  }
  writeFileSync(join(folder, "metadata", "sp.xml"), spMetadata);
  const php = (path: string, text: string): void => writeFileSync(join(folder, path), `<?php\n${text}\n`);
  php("config/config.php", config(folder, origin));
  const attributes = `'uid' => ['employee-1'], 'mail' => ['${email}'], 'givenName' => ['Emma'], 'sn' => ['Ployee']`;
  const { user, password } = EMPLOYEE;
  php(
    "config/authsources.php",
    `$config = ['people' => ['exampleauth:UserPass', '${user}:${password}' => [${attributes}, 'groups' => ['Sales']]]];`,
  );
  php("metadata/saml20-idp-hosted.php", hosted(origin, encrypts));
}

function config(folder: string, origin: string): string {
  return `$config = [
    'baseurlpath' => '${origin}/', 'certdir' => '${folder}/cert/', 'loggingdir' => '${folder}/log/',
    'datadir' => '${folder}/data/', 'tempdir' => '${folder}/tmp', 'metadatadir' => '${folder}/metadata/',
    'attributenamemapdir' => '/etc/simplesamlphp/attributemap/', 'timezone' => 'UTC',
    'secretsalt' => 'of the tests', 'auth.adminpassword' => 'of the tests, too',
    'logging.handler' => 'file', 'showerrors' => true, 'enable.saml20-idp' => true,
    'module.enable' => ['core' => true, 'saml' => true, 'exampleauth' => true],
    'session.cookie.secure' => false, 'session.phpsession.savepath' => '${folder}/sessions', 'store.type' => 'phpsession',
    'metadata.sources' => [['type' => 'flatfile'], ['type' => 'xml', 'file' => '${folder}/metadata/sp.xml']],
  ];`;
}

function hosted(origin: string, encrypts: boolean): string {
  return `$metadata['${origin}/saml2/idp/metadata.php'] = [
    'host' => '__DEFAULT__', 'privatekey' => 'idp.key', 'certificate' => 'idp.crt', 'auth' => 'people',
    'sign.logout' => true, 'validate.logout' => true, 'saml20.sign.response' => true, 'saml20.sign.assertion' => true, 'NameIDFormat' => '${PERSISTENT}',
    'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'assertion.encryption' => ${encrypts}, 'validate.authnrequest' => ${encrypts},
    'authproc' => [3 => ['class' => 'saml:AttributeNameID', 'attribute' => 'uid', 'Format' => '${PERSISTENT}']],
  ];`;
}

/** A browser's way through the provider's pages. */
async function answer(jar: Jar, start: string, password: string): Promise<{ action: string; samlResponse: string }> {
  const { origin } = new URL(start);
  const shown = await follow(jar, new URL(start), origin);
  const form = new URLSearchParams({
    username: EMPLOYEE.user,
    password,
    AuthState: field(shown.page, "AuthState"),
  });
  const { page } = await follow(jar, shown.url, origin, form);
  const [, action = ""] = /<form[^>]*action="([^"]*)"/.exec(page) ?? [];
  return { action: unescaped(action), samlResponse: field(page, "SAMLResponse") };
}

/** Follows redirects until a page of the provider, or to another site's door. */
async function follow(
  jar: Jar,
  start: URL,
  origin: string,
  form?: URLSearchParams,
): Promise<{ url: URL; page: string }> {
  let url = start;
  let body = form;
  for (let steps = 0; steps < 10; steps++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const init = body === undefined ? { method: "GET" } : { method: "POST", body };
    const answered = await fetch(url, { ...init, redirect: "manual", headers: { cookie } });
    for (const line of answered.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
    }
    const location = answered.headers.get("location");
    if (location === null) return { url, page: await answered.text() };
    url = new URL(location, url);
    if (url.origin !== origin) return { url, page: "" };
    body = undefined;
  }
  throw new Error(`the provider does not come to an end: ${url.href}`);
}

function field(page: string, name: string): string {
  const [tag = ""] = new RegExp(`<input[^>]*name="${name}"[^>]*>`).exec(page) ?? [];
  const [, value] = /value="([^"]*)"/.exec(tag) ?? [];
  if (value === undefined) throw new Error(`the provider's page has no ${name}: ${page.slice(0, 3000)}`);
  return unescaped(value);
}

function unescaped(html: string): string {
  return html.replaceAll("&quot;", '"').replaceAll("&#x3A;", ":").replaceAll("&#x2F;", "/").replaceAll("&amp;", "&");
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
