import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import * as fc from "fast-check";
import { ConfigFault, ensureKeys, readConfig } from "../src/config.ts";

const OPERATOR_KEY = "o".repeat(32);
const SECRET_KEY = Buffer.alloc(32, 7).toString("base64");
const withDatabase = {
  DATABASE_URL: "postgres://usher:pw@localhost:5432/usher",
  USHER_OPERATOR_KEY: OPERATOR_KEY,
  USHER_SECRET_KEY: SECRET_KEY,
};

/** The one line with which the start would stop. */
function fault(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    assert.ok(error instanceof ConfigFault, String(error));
    assert.equal(error.message.includes("\n"), false, "one line");
    assert.ok(error.message.startsWith(`${error.variable}: `));
    assert.match(error.message, /; allowed: ./);
    return error.message;
  }
  assert.fail(`accepted ${JSON.stringify(env)}`);
}

describe("configuration: defaults", () => {
  it("needs no variable at all", () => {
    assert.deepEqual(readConfig({}), {
      host: "127.0.0.1",
      port: 8080,
      publicUrl: "http://localhost:8080",
      trustProxy: false,
      databaseUrl: null,
      databasePrepare: true,
      dataDir: resolve(".usher"),
      operatorKeys: [],
      secretKeys: [],
      schemasDir: null,
      smtpUrl: null,
      dnsServers: [],
      allowedNetworks: [],
      logLevel: "info",
    });
  });

  it("takes an empty or blank variable for an unset one", () => {
    const names = ["HOST", "PORT", "PUBLIC_URL", "TRUST_PROXY", "DATABASE_URL", "USHER_OPERATOR_KEY", "LOG_LEVEL"];
    for (const blank of ["", "  "]) {
      assert.deepEqual(readConfig(Object.fromEntries(names.map((name) => [name, blank]))), readConfig({}));
    }
  });

  it("derives PUBLIC_URL from PORT", () => {
    assert.equal(readConfig({ PORT: "9000" }).publicUrl, "http://localhost:9000");
  });

  it("reads the process's own environment when given none", () => {
    assert.equal(typeof readConfig().port, "number");
  });
});

describe("configuration: what each variable takes", () => {
  it("reads every variable", () => {
    const config = readConfig({
      ...withDatabase,
      HOST: "::",
      PORT: "65535",
      PUBLIC_URL: "https://usher.example.com/",
      TRUST_PROXY: "loopback, 10.0.0.0/8",
      DATABASE_PREPARE: "false",
      USHER_DATA_DIR: "data",
      USHER_OPERATOR_KEY: `${OPERATOR_KEY}, ${"p".repeat(40)}`,
      USHER_SECRET_KEY: `${SECRET_KEY},${Buffer.alloc(32, 8).toString("base64")}`,
      USHER_SCHEMAS_DIR: "scim-schemas",
      SMTP_URL: "smtps://user:pw@mail.example.com:465",
      DNS_SERVERS: "192.0.2.53:53,[2001:db8::53]:5353",
      ALLOWED_NETWORKS: "127.0.0.0/8, 10.1.0.0/16, ::1/128, fd00::/8, 100.64.0.0/10",
      LOG_LEVEL: "silent",
    });
    assert.deepEqual(config, {
      host: "::",
      port: 65535,
      publicUrl: "https://usher.example.com",
      trustProxy: "loopback,10.0.0.0/8",
      databaseUrl: withDatabase.DATABASE_URL,
      databasePrepare: false,
      dataDir: resolve("data"),
      operatorKeys: [OPERATOR_KEY, "p".repeat(40)],
      secretKeys: [Buffer.alloc(32, 7), Buffer.alloc(32, 8)],
      schemasDir: resolve("scim-schemas"),
      smtpUrl: "smtps://user:pw@mail.example.com:465",
      dnsServers: ["192.0.2.53:53", "[2001:db8::53]:5353"],
      allowedNetworks: ["127.0.0.0/8", "10.1.0.0/16", "::1/128", "fd00::/8", "100.64.0.0/10"],
      logLevel: "silent",
    });
  });

  it("takes express's forms of TRUST_PROXY", () => {
    const forms = { true: true, false: false, "1": 1, uniquelocal: "uniquelocal", "192.0.2.1,::1": "192.0.2.1,::1" };
    for (const [text, value] of Object.entries(forms)) {
      assert.equal(readConfig({ TRUST_PROXY: text }).trustProxy, value, text);
    }
  });

  it("takes http for a loopback PUBLIC_URL, in every spelling of loopback", () => {
    for (const url of ["http://localhost", "http://usher.localhost:81", "http://127.0.0.1:8080", "http://[::1]:8080"]) {
      assert.equal(readConfig({ PUBLIC_URL: `${url}/` }).publicUrl, url);
    }
  });
});

describe("configuration: wrong values stop the start with one line", () => {
  const wrong: Record<string, readonly string[]> = {
    HOST: ["a b", "http://x", "[::1]", "-", "1.2.3.4:80"],
    PORT: ["0", "65536", "-1", "80.5", "0x50", "http", "1e3", "8080 8081"],
    PUBLIC_URL: [
      "usher.example.com",
      "http://usher.example.com",
      "http://0.0.0.0:8080",
      "http://localhost.example.com",
      "http://127.0.0.1.example.com",
      "ftp://localhost",
      "https://usher.example.com/base",
      "https://usher.example.com?x=1",
      "https://usher.example.com?",
      "https://usher.example.com#",
      "https://user@usher.example.com",
      "https://",
    ],
    TRUST_PROXY: ["yes", "loopback,,", "10.0.0.0/33", "10.1", "proxy.example.com", "1.5"],
    DATABASE_URL: ["mysql://localhost/x", "localhost:5432", "usher", "postgres"],
    DATABASE_PREPARE: ["no", "TRUE", "0"],
    USHER_DATA_DIR: ["package.json", "package.json/below"],
    USHER_SCHEMAS_DIR: ["no-such-folder", "package.json"],
    SMTP_URL: ["mail.example.com", "http://mail.example.com", "smtp://"],
    DNS_SERVERS: ["dns.example.com", "192.0.2.53:99999", "192.0.2.53:", "192.0.2.53,", "[192.0.2.53]:53", "::1:53"],
    ALLOWED_NETWORKS: [
      "10.0.0.0",
      "10.0.0.0/33",
      "10.0.0.0/x",
      "10.0.0.0/8/8",
      "0.0.0.0/0",
      "10.0.0.0/7",
      "8.8.8.0/24",
      "::/0",
      "fe80::/10",
      "169.254.0.0/16",
      "169.254.169.254/32",
      "::ffff:10.0.0.0/104",
      "10.1/16",
      "localhost",
    ],
    LOG_LEVEL: ["verbose", "INFO", "30"],
  };
  for (const [variable, texts] of Object.entries(wrong)) {
    for (const text of texts) {
      it(`${variable}=${text}`, () => {
        assert.ok(fault({ [variable]: text }).startsWith(`${variable}: held `));
      });
    }
  }

  it("names the variable, what it held and what is allowed", () => {
    assert.equal(fault({ PORT: "http" }), 'PORT: held "http"; allowed: a port number from 1 to 65535');
  });

  it("keeps to one line and a bounded length whatever the value holds", () => {
    const line = fault({ LOG_LEVEL: `a\nb${"x".repeat(500)}` });
    assert.match(line, /held "a\\nbx+…"/);
    assert.ok(line.length < 300);
  });

  it("demands both keys with DATABASE_URL", () => {
    const { USHER_OPERATOR_KEY: _o, ...noOperatorKey } = withDatabase;
    const { USHER_SECRET_KEY: _s, ...noSecretKey } = withDatabase;
    assert.match(fault(noOperatorKey), /^USHER_OPERATOR_KEY: not set; .*required with DATABASE_URL/);
    assert.match(fault(noSecretKey), /^USHER_SECRET_KEY: not set; .*required with DATABASE_URL/);
  });

  it("refuses an operator key that is short or could not be sent as a bearer token", () => {
    for (const key of ["short", "o".repeat(31), `${OPERATOR_KEY},short`, `${OPERATOR_KEY},`, `${"o".repeat(32)} x`]) {
      assert.match(fault({ USHER_OPERATOR_KEY: key }), /at least 32 characters/);
    }
  });

  it("refuses a secret key that is not 32 bytes of base64", () => {
    for (const key of [Buffer.alloc(31).toString("base64"), Buffer.alloc(33).toString("base64"), "ü".repeat(43), "="]) {
      assert.match(fault({ USHER_SECRET_KEY: key }), /32 bytes/);
    }
  });

  it("shows no secret of what a variable held", () => {
    const secret = "hunter2hunter2";
    const leaks = [
      { USHER_OPERATOR_KEY: secret },
      { USHER_SECRET_KEY: secret },
      { DATABASE_URL: `mysql://root:${secret}@db/x` },
      { DATABASE_URL: `mysql://root:a/b@c?d#${secret}@db/x` },
      { DATABASE_URL: `mysql://db/x?password=${secret}` },
      { DATABASE_URL: `host=db password=${secret}` },
      { SMTP_URL: `http://user:${secret}@mail` },
      { PUBLIC_URL: `https://user:${secret}@usher.example.com` },
    ];
    for (const env of leaks) assert.equal(fault(env).includes(secret), false, JSON.stringify(env));
  });

  it("throws nothing but ConfigFault, whatever the variables hold", () => {
    const names = ["PORT", "PUBLIC_URL", "TRUST_PROXY", "DNS_SERVERS", "ALLOWED_NETWORKS", "SMTP_URL", "DATABASE_URL"];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.string(), (name, text) => {
        try {
          readConfig({ ...withDatabase, [name]: text });
        } catch (error) {
          assert.ok(error instanceof ConfigFault);
        }
      }),
    );
  });
});

describe("keys of the data folder", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "usher-keys-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const config = (env: Record<string, string> = {}) => readConfig({ USHER_DATA_DIR: join(folder, "data"), ...env });

  it("are made at the first start, readable by their owner alone, and kept", () => {
    const first = ensureKeys(config());
    assert.equal(first.generated, true);
    assert.ok(first.operatorKeys[0]!.length >= 32);
    assert.equal(first.secretKeys[0]!.length, 32);
    assert.deepEqual(readdirSync(join(folder, "data")).sort(), ["operator-key", "secret-key"]);
    assert.equal(statSync(join(folder, "data")).mode & 0o777, 0o700);
    for (const name of ["operator-key", "secret-key"]) {
      assert.equal(statSync(join(folder, "data", name)).mode & 0o777, 0o600);
    }
    assert.deepEqual(ensureKeys(config()), { ...first, generated: false });
  });

  it("are not made where the environment gives them", () => {
    const keys = ensureKeys(config(withDatabase));
    assert.deepEqual(keys, {
      operatorKeys: [OPERATOR_KEY],
      secretKeys: [Buffer.alloc(32, 7)],
      generated: false,
    });
    assert.equal(existsSync(join(folder, "data")), false);
  });

  it("are made each for itself where the environment gives one", () => {
    const keys = ensureKeys(config({ USHER_OPERATOR_KEY: OPERATOR_KEY }));
    assert.deepEqual(keys.operatorKeys, [OPERATOR_KEY]);
    assert.equal(keys.generated, false, "there is no operator key to show");
    assert.deepEqual(readdirSync(join(folder, "data")), ["secret-key"]);
  });

  it("are the same for processes that start at once, and one of them made them", async function () {
    const dataDir = join(folder, "data");
    const script =
      'import { ensureKeys, readConfig } from "./src/config.ts";' +
      "const k = ensureKeys(readConfig()); console.log(JSON.stringify([k.operatorKeys, k.secretKeys, k.generated]));";
    const args = ["--import", "tsx/esm", "--input-type=module", "-e", script];
    const env = { PATH: process.env["PATH"], USHER_DATA_DIR: dataDir };
    const runs = await Promise.all(
      Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, args, { env })),
    );
    const answers = runs.map((run) => JSON.parse(run.stdout) as [string[], unknown, boolean]);
    assert.equal(new Set(answers.map((answer) => JSON.stringify(answer.slice(0, 2)))).size, 1);
    assert.equal(answers.filter((answer) => answer[2]).length, 1);
    assert.deepEqual(readdirSync(dataDir).sort(), ["operator-key", "secret-key"]);
  });

  it("stop the start when damaged, and are not replaced", () => {
    mkdirSync(join(folder, "data"));
    for (const damage of ["", "short", "x\ny"]) {
      writeFileSync(join(folder, "data", "secret-key"), damage);
      assert.throws(() => ensureKeys(config()), { name: "ConfigFault", variable: "USHER_DATA_DIR" });
      assert.equal(readFileSync(join(folder, "data", "secret-key"), "utf8"), damage);
    }
  });

  it("stop the start when the folder cannot hold them", () => {
    const file = join(folder, "file");
    const env = config({ USHER_DATA_DIR: file });
    writeFileSync(file, "");
    assert.throws(() => ensureKeys(env), {
      name: "ConfigFault",
      message: /^USHER_DATA_DIR: held ".*" \((EEXIST|ENOTDIR)\)/,
    });
  });
});
