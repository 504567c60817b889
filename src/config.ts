/** The environment, read once at the start and checked: nothing else in Usher reads `process.env`. */
import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import ipaddr from "ipaddr.js";
import { newSecret } from "./base/secrets.ts";

export interface Config {
  readonly host: string;
  readonly port: number;
  /** Origin of every absolute URL that we hand out, without a slash at its end. */
  readonly publicUrl: string;
  /** For express's setting `trust proxy`. */
  readonly trustProxy: boolean | number | string;
  /** Null = embedded PostgreSQL under `dataDir`. */
  readonly databaseUrl: string | null;
  readonly databasePrepare: boolean;
  /** Absolute. */
  readonly dataDir: string;
  /** All are valid; empty until `ensureKeys` where the environment has none. */
  readonly operatorKeys: readonly string[];
  /** 32 bytes each; the first encrypts, all decrypt; empty like `operatorKeys`. */
  readonly secretKeys: readonly Buffer[];
  readonly schemasDir: string | null;
  readonly smtpUrl: string | null;
  /** Empty = the system's. */
  readonly dnsServers: readonly string[];
  /** CIDRs of private or loopback ranges that outgoing requests may reach. */
  readonly allowedNetworks: readonly string[];
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

export interface Keys {
  readonly operatorKeys: readonly string[];
  readonly secretKeys: readonly Buffer[];
  /** Whether this call made the operator key, which is then to be shown, once. */
  readonly generated: boolean;
}

/** A variable that holds what it may not; the message is the one line to stop the start with. */
export class ConfigFault extends Error {
  readonly variable: string;

  /** @param held as it may be shown: secrets masked */
  constructor(variable: string, held: string, allowed: string) {
    super(`${variable}: ${held}; allowed: ${allowed}`);
    this.name = "ConfigFault";
    this.variable = variable;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;
/** Turns a variable's text into its value; undefined = not allowed. */
type Parse<T> = (text: string) => T | undefined;

interface Variable<T> {
  readonly parse: Parse<T>;
  readonly allowed: string;
  /** How what it held is shown; the text itself unless given. */
  readonly show?: (text: string) => string;
}

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
const SHOWN_CHARACTERS = 80;
const OPERATOR_KEY_CHARACTERS = 32;
const SECRET_KEY_BYTES = 32;

/**
 * Reads the configuration from the environment; an empty variable counts as unset.
 *
 * @throws ConfigFault for the first variable that holds what it may not
 */
export function readConfig(env: Environment = process.env): Config {
  const port = read(env, "PORT", portNumber, 8080);
  const databaseUrl = read(env, "DATABASE_URL", postgresUrl, null);
  return {
    host: read(env, "HOST", hostName, "127.0.0.1"),
    port,
    publicUrl: read(env, "PUBLIC_URL", publicOrigin, `http://localhost:${port}`),
    trustProxy: read(env, "TRUST_PROXY", trustedProxies, false),
    databaseUrl,
    databasePrepare: read(env, "DATABASE_PREPARE", trueOrFalse, true),
    dataDir: read(env, "USHER_DATA_DIR", newFolder, resolve(".usher")),
    operatorKeys: readKeys(env, "USHER_OPERATOR_KEY", operatorKeyList, databaseUrl),
    secretKeys: readKeys(env, "USHER_SECRET_KEY", secretKeyList, databaseUrl),
    schemasDir: read(env, "USHER_SCHEMAS_DIR", existingFolder, null),
    smtpUrl: read(env, "SMTP_URL", smtpServer, null),
    dnsServers: read(env, "DNS_SERVERS", dnsServerList, []),
    allowedNetworks: read(env, "ALLOWED_NETWORKS", privateNetworks, []),
    logLevel: read(env, "LOG_LEVEL", level, "info"),
  };
}

/**
 * The keys of the configuration, or those kept in the data folder, which the first start makes there. Processes that
 * start at once end with the same keys.
 *
 * @throws ConfigFault where the folder cannot hold them, or a kept key is damaged
 */
export function ensureKeys(config: Config): Keys {
  const operator = keptKey(config.operatorKeys, config.dataDir, operatorKeyFile);
  const secret = keptKey(config.secretKeys, config.dataDir, secretKeyFile);
  return { operatorKeys: operator.keys, secretKeys: secret.keys, generated: operator.generated };
}

function read<T, F>(env: Environment, name: string, variable: Variable<T>, unset: F): T | F {
  const text = env[name]?.trim() ?? "";
  if (text === "") return unset;
  const value = variable.parse(text);
  if (value === undefined) throw new ConfigFault(name, `held ${(variable.show ?? quoted)(text)}`, variable.allowed);
  return value;
}

/** With a database of one's own there may be several processes and no lasting folder, so the keys must be given. */
function readKeys<T>(env: Environment, name: string, variable: Variable<readonly T[]>, databaseUrl: string | null) {
  const keys = read(env, name, variable, []);
  if (keys.length === 0 && databaseUrl !== null) {
    throw new ConfigFault(name, "not set", `${variable.allowed}; required with DATABASE_URL`);
  }
  return keys;
}

/** One line, whatever the text holds. */
function quoted(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text);
}

function maskedSecret(text: string): string {
  return `a secret of ${text.length} characters`;
}

/** Everything up to the last @ may be a password, and so may what follows the question mark. */
function maskedUrl(text: string): string {
  const [scheme] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text) ?? [];
  // As `host=… password=…`, the form of libpq.
  if (scheme === undefined) return `a text of ${text.length} characters that is not a URL`;
  const rest = text.slice(scheme.length).replace(/^.*@/s, "***@");
  return quoted(scheme + rest.replace(/[?#].*$/s, "?***"));
}

/** A comma-separated list of which every item must be allowed. */
function listOf<T>(parse: Parse<T>): Parse<readonly T[]> {
  return (text) => {
    const items: T[] = [];
    for (const part of text.split(",")) {
      const item = parse(part.trim());
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  };
}

const portNumber: Variable<number> = {
  parse: (text) => (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535 ? Number(text) : undefined),
  allowed: "a port number from 1 to 65535",
};

const hostName: Variable<string> = {
  parse: (text) => (isIP(text) !== 0 || /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(text) ? text : undefined),
  allowed: "an IP address or host name to listen on, as 127.0.0.1, 0.0.0.0 or ::",
};

const trueOrFalse: Variable<boolean> = {
  parse: (text) => (text === "true" ? true : text === "false" ? false : undefined),
  allowed: "true or false",
};

const level: Variable<Config["logLevel"]> = {
  parse: (text) => LOG_LEVELS.find((name) => name === text),
  allowed: LOG_LEVELS.join(", "),
};

/** No path: the `__Host-` cookies of sign-in are for the whole host (RFC 6265bis §4.1.3.2). */
const publicOrigin: Variable<string> = {
  parse: (text) => {
    const url = parseUrl(text);
    if (!url || url.username + url.password !== "" || /[?#]/.test(text) || url.pathname !== "/") return undefined;
    const secure = url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
    return secure ? url.origin : undefined;
  },
  allowed: "an https URL without path, query or fragment, as https://usher.example.com; http only for loopback",
  show: (text) => (text.includes("@") ? maskedUrl(text) : quoted(text)),
};

const postgresUrl: Variable<string> = {
  parse: (text) => (/^postgres(ql)?:$/.test(parseUrl(text)?.protocol ?? "") ? text : undefined),
  allowed: "a URL of PostgreSQL 14 or newer, as postgres://user:password@host:5432/database",
  show: maskedUrl,
};

const smtpServer: Variable<string> = {
  parse: (text) => {
    const url = parseUrl(text);
    return url && /^smtps?:$/.test(url.protocol) && url.hostname !== "" ? text : undefined;
  },
  allowed: "a URL of a mail server, as smtps://user:password@host:465 or smtp://host:587",
  show: maskedUrl,
};

const newFolder: Variable<string> = {
  parse: (text) => (isFolder(text) === false ? undefined : resolve(text)),
  allowed: "a folder, which need not exist yet",
};

const existingFolder: Variable<string> = {
  parse: (text) => (isFolder(text) ? resolve(text) : undefined),
  allowed: "a folder that exists, with JSON files in the form of scim-schemas/",
};

const dnsServerList: Variable<readonly string[]> = {
  parse: listOf((text) => (isDnsServer(text) ? text : undefined)),
  allowed: "comma-separated addresses, as 192.0.2.53:53 or [2001:db8::53]:53",
};

const privateNetworks: Variable<readonly string[]> = {
  parse: listOf((text) => (isPrivateRange(text) ? text : undefined)),
  allowed: "comma-separated CIDRs inside private or loopback ranges, as 127.0.0.0/8,10.1.0.0/16; never link-local",
};

const PROXY_RANGES = ["loopback", "linklocal", "uniquelocal"];
const proxyList = listOf((text) => (PROXY_RANGES.includes(text) || isAddressOrRange(text) ? text : undefined));
const trustedProxies: Variable<boolean | number | string> = {
  parse: (text) => {
    if (/^\d{1,2}$/.test(text)) return Number(text);
    return trueOrFalse.parse(text) ?? proxyList(text)?.join(",");
  },
  allowed: `true, false, a number of proxies, or a comma-separated list of ${PROXY_RANGES.join(", ")}, addresses and CIDRs`,
};

/** Characters of an RFC 6750 §2.1 `b64token`: what else could not be sent as a bearer token. */
const operatorKeyList: Variable<readonly string[]> = {
  parse: listOf((text) =>
    text.length >= OPERATOR_KEY_CHARACTERS && /^[A-Za-z0-9\-._~+/]+=*$/.test(text) ? text : undefined,
  ),
  allowed: `comma-separated keys of at least ${OPERATOR_KEY_CHARACTERS} characters from A-Z a-z 0-9 - . _ ~ + / =`,
  show: maskedSecret,
};

const secretKeyList: Variable<readonly Buffer[]> = {
  parse: listOf((text) => {
    const key = /^[A-Za-z0-9+/]+=*$/.test(text) ? Buffer.from(text, "base64") : undefined;
    return key?.length === SECRET_KEY_BYTES ? key : undefined;
  }),
  allowed: `comma-separated keys of ${SECRET_KEY_BYTES} bytes in base64, as \`openssl rand -base64 32\` prints`,
  show: maskedSecret,
};

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function isLoopback(hostname: string): boolean {
  if (hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]") return true;
  return isIP(hostname) === 4 && hostname.startsWith("127.");
}

/** Undefined = there is nothing of this name yet. Not `throwIfNoEntry: false`, which in Node.js 22 covers ENOTDIR too. */
function isFolder(path: string): boolean | undefined {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : false;
  }
}

function isDnsServer(text: string): boolean {
  const [, v4 = "", v6 = "", port] = /^(?:([\d.]+)|\[([\da-f:.]+)\])(?::(\d+))?$/i.exec(text) ?? [];
  const isAddress = isIP(v4) === 4 || isIP(v6) === 6;
  return isAddress && (port === undefined || portNumber.parse(port) !== undefined);
}

/** Stricter than ipaddr.js, which reads `10.1` and `0x7f.1` as addresses too. */
function isAddressOrRange(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const longest = isIP(address) === 4 ? 32 : 128;
  return (
    isIP(address) !== 0 &&
    more.length === 0 &&
    (bits === undefined || /^\d{1,3}$/.test(bits)) &&
    Number(bits ?? 0) <= longest
  );
}

const PRIVATE = ["private", "loopback", "uniqueLocal", "carrierGradeNat"];

/** Whether a CIDR lies in one private or loopback range from its first address to its last. */
function isPrivateRange(text: string): boolean {
  if (!text.includes("/") || !isAddressOrRange(text)) return false;
  const family = isIP(text.split("/", 1)[0] ?? "") === 4 ? ipaddr.IPv4 : ipaddr.IPv6;
  const first = family.networkAddressFromCIDR(text).range();
  return PRIVATE.includes(first) && family.broadcastAddressFromCIDR(text).range() === first;
}

interface KeyFile<T> {
  readonly name: string;
  readonly variable: Variable<readonly T[]>;
  readonly make: () => string;
}

const operatorKeyFile: KeyFile<string> = {
  name: "operator-key",
  variable: operatorKeyList,
  make: () => `uso_${newSecret()}`,
};

const secretKeyFile: KeyFile<Buffer> = {
  name: "secret-key",
  variable: secretKeyList,
  make: () => randomBytes(SECRET_KEY_BYTES).toString("base64"),
};

function keptKey<T>(given: readonly T[], dataDir: string, file: KeyFile<T>) {
  if (given.length > 0) return { keys: given, generated: false };
  const path = join(dataDir, file.name);
  const { text, generated } = inFolder(dataDir, () => readOrMake(path, file.make));
  const keys = file.variable.parse(text);
  if (!keys) throw new ConfigFault("USHER_DATA_DIR", `its file ${quoted(path)} holds no key`, file.variable.allowed);
  return { keys, generated };
}

/** The secret keys that there are: none is made. @throws ConfigFault */
export function knownSecretKeys(config: Config): readonly Buffer[] {
  const path = join(config.dataDir, secretKeyFile.name);
  if (config.secretKeys.length > 0 || readIfThere(path) !== undefined)
    return keptKey(config.secretKeys, config.dataDir, secretKeyFile).keys;
  throw new ConfigFault("USHER_SECRET_KEY", `not set, nor kept in ${quoted(config.dataDir)}`, secretKeyList.allowed);
}

/** Whether the secret keys are kept in the data folder, and not given by the environment. */
export function keepsSecretKeys({ secretKeys }: Config): boolean {
  return secretKeys.length === 0;
}

/** A new key, as USHER_SECRET_KEY takes it. */
export function newSecretKey(): string {
  return secretKeyFile.make();
}

/** Keeps these secret keys in the data folder in the place of those that were there, whole or not at all. */
export function writeSecretKeys({ dataDir }: Config, keys: readonly Buffer[]): void {
  inFolder(dataDir, () => {
    const path = join(dataDir, secretKeyFile.name);
    const draft = `${path}.${process.pid}.${randomBytes(6).toString("hex")}`;
    const text = keys.map((key) => key.toString("base64")).join(",");
    writeFileSync(draft, `${text}\n`, { mode: 0o600, flag: "wx", flush: true });
    renameSync(draft, path);
  });
}

/** The key appears under its name whole or not at all, and only once: the link fails for all but the first. */
function readOrMake(path: string, make: () => string): { text: string; generated: boolean } {
  const existing = readIfThere(path);
  if (existing !== undefined) return { text: existing, generated: false };
  const draft = `${path}.${process.pid}.${randomBytes(6).toString("hex")}`;
  writeFileSync(draft, `${make()}\n`, { mode: 0o600, flag: "wx", flush: true });
  try {
    linkSync(draft, path);
    return { text: readFileSync(path, "utf8").trim(), generated: true };
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    return { text: readFileSync(path, "utf8").trim(), generated: false };
  } finally {
    unlinkSync(draft);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function inFolder<T>(folder: string, work: () => T): T {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return work();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw new ConfigFault("USHER_DATA_DIR", `held ${quoted(folder)} (${code})`, "a folder that this process may write");
  }
}

/** The code of a system error, as EACCES. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "syscall" in error && "code" in error ? String(error.code) : undefined;
}
