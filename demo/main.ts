/** `npm run demo`: plays a morning on a database of its own and leaves the server up; `-- --quick` ends with it. */
import "./quiet.ts";
import { opening, SLUG } from "./opening.ts";
import { askWhy, mapGroups, pushPeople, someoneLeaves } from "./morning.ts";
import { type Page, pageOn } from "./page.ts";
import { peopleSignIn } from "./signIn.ts";
import type { Stage } from "./stage.ts";
import { openUsher, type Usher } from "./usher.ts";
import { worldHears } from "./world.ts";

async function play(usher: Usher, page: Page): Promise<Stage> {
  const stage = await opening(usher, page);
  const everyone = await pushPeople(stage);
  await mapGroups(stage, everyone);
  await askWhy(stage, everyone);
  const promoted = await someoneLeaves(stage, everyone);
  await peopleSignIn(stage, everyone);
  await worldHears(stage, promoted);
  return stage;
}

function lookAround({ page, usher, admin }: Stage): void {
  const { url, operatorKey, dataDir } = usher;
  page.chapter("Look around");
  page.line(`Usher is up at ${url} until you press Ctrl-C; then all of it is gone.`);
  page.line();
  page.line(`Sign in as Ida       ${url}/sign-in?tenant=${SLUG}`);
  page.line(`                     ${admin.email}, password ${admin.password}`);
  page.line(`Operator key         ${operatorKey}`);
  page.line(`Mail                 ${dataDir}/mail`);
  page.line();
  page.line(`KEY=${operatorKey}`);
  for (const path of ["seats", "members?seat=waiting", "role-mappings", "events?order=desc&limit=5"]) {
    page.line(`curl -s -H "Authorization: Bearer $KEY" "${url}/api/v1/tenants/${SLUG}/${path}"`);
  }
}

async function main(quick: boolean): Promise<void> {
  const page = pageOn(process.stdout);
  page.line();
  page.line("A morning at the door. What is counted below is what Usher's API answers.");
  page.line("Opening a fresh database takes a few seconds …");
  const usher = await openUsher();
  let stopping = false;
  // A terminal's ^C arrives twice, from the terminal and from npm.
  const end = (status: number): void => {
    if (stopping) return;
    stopping = true;
    usher.close().then(
      () => process.exit(status),
      () => process.exit(1),
    );
  };
  process.on("SIGINT", () => end(0)).on("SIGTERM", () => end(0));
  try {
    const stage = await play(usher, page);
    lookAround(stage);
    if (quick) end(0);
  } catch (error) {
    // Whoever stops the story in its middle has not failed.
    if (stopping) return;
    process.stderr.write(`\nThe story broke off: ${error instanceof Error ? error.stack : String(error)}\n`);
    end(1);
  }
}

await main(process.argv.includes("--quick"));
