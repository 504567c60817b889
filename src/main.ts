import type { RequestListener, Server } from "node:http";
import { pathToFileURL } from "node:url";
import { readMetadata } from "./admin/connectionSettings.ts";
import { applicationLogout, tellApplications } from "./access/provider/backchannel.ts";
import { Refusal } from "./base/errors.ts";
import { ConfigFault, ensureKeys, readConfig, type Config } from "./config.ts";
import { accountMail } from "./directory/accounts/accountMail.ts";
import { mailJobs } from "./directory/tenants/adminMail.ts";
import { passwordResetMail } from "./directory/accounts/passwordResetMail.ts";
import { personMail } from "./directory/members/personMail.ts";
import { watchAdminless } from "./directory/tenants/adminlessWatch.ts";
import { directoryJobs } from "./directory/directories/deleteDirectory.ts";
import { invitationMail } from "./directory/invitations/invitationMail.ts";
import { inviteExpiry } from "./directory/invitations/inviteExpiry.ts";
import { domainChecks, startDomainChecks } from "./directory/domains/domainChecks.ts";
import { certificateJobs, startCertificateWatch } from "./directory/connections/certificateWatch.ts";
import { connectionKeyJobs } from "./directory/connections/connectionKeys.ts";
import { bulkJobs } from "./directory/members/memberBulk.ts";
import { importJobs } from "./directory/imports/imports.ts";
import { metadataJobs, startMetadataRefresh } from "./directory/connections/metadataRefresh.ts";
import { profileMail } from "./directory/members/profileEmail.ts";
import { keepProvisioningLog } from "./directory/provisioningLog/provisioningBuffer.ts";
import { startRetention } from "./directory/provisioningLog/provisioningRetention.ts";
import { roleEffects } from "./directory/roles/roleMappings.ts";
import { roleSeats } from "./directory/roles/rolesEffects.ts";
import { roleReplacement } from "./directory/roles/rolesInUse.ts";
import { followLeavers } from "./directory/offboarding/leaving.ts";
import { offboardingJobs } from "./directory/offboarding/offboarding.ts";
import { seatPromotion } from "./directory/seats/seatPromotion.ts";
import { seatWaiting, watchSeats } from "./directory/seats/seatWatch.ts";
import { tenantPurge } from "./directory/tenants/purge.ts";
import { followForWebhooks } from "./events/webhookDeliveries.ts";
import { startWebhookSender } from "./events/webhookSender.ts";
import { startWorker, type Worker } from "./events/worker.ts";
import { createTxtLookUp, type LookUpTxt } from "./http/dns.ts";
import { listen, stop } from "./http/lifecycle.ts";
import { createLogger, type Logger } from "./http/logger.ts";
import { createOutbound, type Outbound } from "./http/outbound.ts";
import type { Mailer } from "./mail/letter.ts";
import { createMailer } from "./mail/mailer.ts";
import { ownSchemas, readSchemaFiles } from "./provisioning/schemaFiles.ts";
import { createRegistry, type Registry } from "./scim/registry.ts";
import { createServer } from "./server.ts";
import { createSamlThreads, type SamlThreads } from "./sso/saml/threads.ts";
import { openDatabase } from "./storage/database.ts";
import type { Database } from "./storage/types.ts";

/** sysexits.h: EX_CONFIG */
const CONFIGURATION = 78;

/** A running server, and how to end it. */
export interface Running {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** environment → database → surfaces → listen. @throws ConfigFault, Refusal `unavailable` */
export async function start(config: Config): Promise<Running> {
  const keys = ensureKeys(config);
  const log = createLogger(config.logLevel);
  const registry = readRegistry(config);
  const mailer = createMailer(config);
  const db = await openDatabase({
    url: config.databaseUrl ?? undefined,
    prepare: config.databasePrepare,
    folder: config.dataDir,
    onFault: (error) => log.error({ err: error }, "an idle database connection broke"),
  });
  const { publicUrl, trustProxy } = config;
  const { operatorKeys, secretKeys } = keys;
  const outbound = createOutbound(config);
  const lookUpTxt = createTxtLookUp(config.dnsServers);
  const samlThreads = createSamlThreads();
  const provisioningLog = keepProvisioningLog({ db, log });
  const ways = { outbound, lookUpTxt, samlThreads, provisioningLog };
  const app = createServer({ db, registry, publicUrl, operatorKeys, secretKeys, ...ways, trustProxy, log });
  const server = await bind(app, config, db);
  const worker = startWork({ db, log, mailer, lookUpTxt, outbound, samlThreads, publicUrl, secretKeys });
  const sender = startWebhookSender({ db, log, secretKeys, outbound });
  const retention = startRetention({ db, log, secretKeys });
  const checks = startDomainChecks({ db, log });
  const metadata = startMetadataRefresh({ db, log });
  const certificates = startCertificateWatch({ db, log });
  const url = `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${config.port}`;
  log.info({ url, publicUrl, database: db.kind }, "listening");
  if (keys.generated) greet(config, keys.operatorKeys[0] ?? "");
  const close = async (): Promise<void> => {
    await Promise.all([
      stop(server),
      worker.stop(),
      sender.stop(),
      retention.stop(),
      checks.stop(),
      metadata.stop(),
      certificates.stop(),
    ]);
    await Promise.all([outbound.close(), samlThreads.close(), provisioningLog.stop()]);
    await db.close();
    log.info("stopped");
  };
  return { url, close };
}

interface WorkParts {
  readonly db: Database;
  readonly log: Logger;
  readonly mailer: Mailer;
  readonly lookUpTxt: LookUpTxt;
  readonly outbound: Outbound;
  readonly samlThreads: SamlThreads;
  readonly publicUrl: string;
  readonly secretKeys: readonly Buffer[];
}

/** What is done behind the requests: each kind of job with its handler, and each reader of the journal by its name. */
function startWork({ db, log, mailer, lookUpTxt, outbound, samlThreads, publicUrl, secretKeys }: WorkParts): Worker {
  return startWorker({
    db,
    log,
    handlers: {
      ...seatPromotion(db),
      ...roleEffects(db),
      ...directoryJobs(db),
      ...roleSeats(db),
      ...roleReplacement(db),
      ...bulkJobs(db),
      ...importJobs({ db, secretKeys }),
      ...seatWaiting,
      ...offboardingJobs,
      ...tenantPurge(db, log),
      ...domainChecks(db, lookUpTxt),
      ...connectionKeyJobs({ db, secretKeys }),
      ...certificateJobs,
      ...metadataJobs(db, (at, now) => readMetadata(at, { outbound, publicUrl, samlThreads, now, whose: at })),
      ...mailJobs(db, mailer),
      ...personMail(db, mailer),
      ...profileMail({ db, send: mailer, publicUrl, secretKeys }),
      ...passwordResetMail({ db, send: mailer, publicUrl, secretKeys }),
      ...accountMail({ db, send: mailer, publicUrl, secretKeys }),
      ...invitationMail({ db, send: mailer, publicUrl, secretKeys }),
      ...inviteExpiry(db),
      ...applicationLogout({ db, publicUrl, secretKeys, outbound }),
    },
    followers: {
      "seat-watch": watchSeats(db),
      "adminless-watch": watchAdminless(db, log),
      offboarding: followLeavers(db),
      applications: tellApplications(db),
      webhooks: followForWebhooks,
    },
  });
}

/** An address that cannot be listened on is the configuration's fault, and leaves nothing open. */
async function bind(app: RequestListener, config: Config, db: Database): Promise<Server> {
  try {
    return await listen(app, config);
  } catch (error) {
    await db.close();
    const held = `${config.host}:${config.port} (${(error as NodeJS.ErrnoException).code ?? "unknown"})`;
    throw new ConfigFault("HOST, PORT", `cannot listen on ${held}`, "an address of this machine and a free port");
  }
}

function readRegistry({ schemasDir }: Config): Registry {
  try {
    const { schemas, resourceTypes } = readSchemaFiles(ownSchemas, ...(schemasDir === null ? [] : [schemasDir]));
    return createRegistry(schemas, resourceTypes);
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    throw new ConfigFault("USHER_SCHEMAS_DIR", fault, "schemas and resource types in the form of scim-schemas/");
  }
}

/** The operator key is shown at the first start and never again. */
function greet({ publicUrl, dataDir }: Config, key: string): void {
  // Nobody may be reading any more, which is no reason to end.
  process.stdout
    .once("error", () => {})
    .write(
      [
        "",
        `  Usher is up at ${publicUrl}`,
        "",
        `  Operator key, shown this once (kept in ${dataDir}):`,
        `  ${key}`,
        "",
        `  First tenant: see "First steps" in README.md. API: ${publicUrl}/api/v1/openapi.json`,
        "",
        "",
      ].join("\n"),
    );
}

async function main(): Promise<void> {
  const running = await start(readConfig());
  let stopping = false;
  // A terminal's ^C arrives twice, from the terminal and from npm: the second must not cut the first one's work.
  const end = (): void => {
    if (stopping) return;
    stopping = true;
    running.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGINT", end).on("SIGTERM", end);
}

/** What is the configuration's fault is one line; anything else keeps its stack. */
function fail(error: unknown): void {
  const known = error instanceof ConfigFault || error instanceof Refusal;
  process.stderr.write(`${known ? `usher: ${error.message}` : String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = known ? CONFIGURATION : 1;
  process.exit();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main().catch(fail);
