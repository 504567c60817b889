import assert from "node:assert/strict";
import { importJobs } from "../../src/directory/imports/imports.ts";
import { assertCounted } from "../directory/people.ts";
import { workUntil } from "../events/working.ts";
import { api, OPERATOR_KEY, ways, type ApiReply } from "../support/api.ts";
import { items, place, refused, statuses, told, type Place } from "./place.ts";

const NOBODY = "01900000-0000-7000-8000-000000000000";

interface Row {
  readonly row: number;
  readonly email: string | null;
  readonly role: string | null;
  readonly status: string;
  readonly code: string | null;
  readonly detail: string | null;
  readonly memberId: string | null;
  readonly seat: string | null;
}

interface Review {
  readonly rows: number;
  readonly ready: number;
  readonly faulty: number;
  readonly faults: readonly { row: number; column: string | null; code: string; message: string }[];
  readonly roles: readonly { role: string; people: number }[];
  readonly seats: { limit: number | null; used: number; remaining: number | null; needed: number; short: number };
  readonly quota: object;
  readonly warnings: readonly { code: string; text: string }[];
}

interface Run {
  readonly status: string;
  readonly invited: number;
  readonly refused: number;
  readonly pending: number;
  readonly results: readonly Row[];
  readonly nextCursor: string | null;
}

/** Sends a file, as the operator or with a key. */
function send(here: Place, file: string | Buffer, query = "", key = OPERATOR_KEY): Promise<ApiReply> {
  return api(here.db).as(key).postFile(`/tenants/${here.slug}/invitations/import${query}`, file);
}

/** A file of addresses at example.com with a role each. */
function table(...rows: readonly string[]): string {
  return ["email,role", ...rows.map((row) => row.replace(/^(\w+)/, "$1@example.com"))].join("\r\n");
}

async function review(here: Place, file: string, key = OPERATOR_KEY): Promise<Review> {
  const { status, body, text } = await send(here, file, "?dryRun=true", key);
  assert.equal(status, 200, text);
  return body;
}

const faultsOf = ({ faults }: Review): unknown[] => faults.map(({ row, column, code }) => [row, column, code]);
const codesOf = ({ warnings }: Review): string[] => warnings.map(({ code }) => code);

async function begin(here: Place, file: string, query = "", key = OPERATOR_KEY): Promise<string> {
  const { status, body, text } = await send(here, file, query, key);
  assert.equal(status, 202, text);
  return body.id;
}

function read(here: Place, id: string, query = "?limit=200"): Promise<ApiReply> {
  return here.call("GET", `/imports/${id}${query}`);
}

async function ended(here: Place, id: string, jobs = jobsOf(here)): Promise<Run> {
  await workUntil(jobs, async () => (await read(here, id)).body.status === "done");
  return (await read(here, id)).body;
}

const jobsOf = ({ db }: Place): ReturnType<typeof importJobs> => importJobs({ db, secretKeys: ways.secretKeys });

const outcomes = ({ results }: Pick<Run, "results">): unknown[] =>
  results.map(({ email, status, code }) => [email?.replace("@example.com", ""), code ?? status]);

async function eventsOf(here: Place, type: string): Promise<Record<string, unknown>[]> {
  return items(await here.call("GET", `/events?type=${type}&limit=200`));
}

async function keyOf(here: Place, ...permissions: string[]): Promise<{ id: string; key: string }> {
  return (await here.call("POST", "/api-keys", { name: "key", permissions })).body;
}

describe("POST /invitations/import?dryRun=true", () => {
  it("tells row and column of each fault, and who is here already, and writes nothing (S2.25)", async () => {
    const here = await place();
    await here.call("POST", "/teams", { name: "Red" });
    await here.add("ana@example.com");
    const { id } = await here.add("sue@example.com");
    await here.call("PATCH", `/members/${String(id)}`, { hold: true });
    await here.call("POST", "/invitations", { emails: ["ina@example.com"], sendEmail: false });
    const before = [await here.call("GET", "/members"), await here.call("GET", "/events")].map(({ body }) => body);
    const long = "x".repeat(101);
    const text = [
      "Email;Role;Team;First name;Last name",
      "bea@example.com;member;red;Bea;Berg",
      "BEA@example.com;member;;;",
      ";member;;;",
      "not an address;member;;;",
      "cid@example.com;owner;;;",
      "ana@example.com;member;;;",
      "",
      `dan@example.com;member;Blue;${long};"two\r\nlines"`,
      "eve@example.com;Viewer;;;;surplus",
      "ina@example.com;viewer;;;",
      "sue@example.com;admin;;;",
      "fay@example.com;;;;",
    ].join("\r\n");
    const shown = await review(here, text);
    assert.deepEqual(faultsOf(shown), [
      [3, "email", "invalid_request"],
      [4, "email", "invalid_request"],
      [5, "email", "invalid_request"],
      [6, "role", "invalid_request"],
      [7, "email", "email_exists"],
      [9, "team", "not_found"],
      [9, "firstName", "invalid_request"],
      [9, "lastName", "invalid_request"],
      [10, null, "invalid_request"],
      [11, "email", "email_exists"],
      [12, "email", "email_exists"],
    ]);
    assert.match(shown.faults[0]?.message ?? "", /row 2 already/);
    assert.match(shown.faults[3]?.message ?? "", /'owner'.*admin, member, viewer/);
    assert.match(shown.faults[10]?.message ?? "", /suspended/);
    assert.deepEqual([shown.rows, shown.ready, shown.faulty], [11, 2, 9]);
    assert.deepEqual(shown.roles, [{ role: "member", people: 2 }]);
    assert.deepEqual(shown.warnings, []);
    const after = [await here.call("GET", "/members"), await here.call("GET", "/events")].map(({ body }) => body);
    assert.deepEqual(after, before);
  });

  const whens: readonly (readonly [whenFull: "refuse" | "downgrade" | "waitlist", words: RegExp])[] = [
    ["refuse", /are refused when they accept/],
    ["downgrade", /come in as 'viewer' when they accept/],
    ["waitlist", /wait for a seat as 'viewer' when they accept/],
  ];
  for (const [whenFull, words] of whens) {
    it(`forecasts the seats, and what comes of those without one where CSV is to ${whenFull} (rules 2 and 9)`, async () => {
      const here = await place({ seatLimit: 3, settings: { seats: { whenFull: { csv: whenFull } } } });
      await here.add("boss@example.com");
      const file = table("ana,member", "bea,admin", "cid,", "dan,viewer");
      const shown = await review(here, file);
      const { limit, used, remaining, needed, short } = shown.seats;
      assert.deepEqual([limit, used, remaining, needed, short], [3, 1, 2, 3, 1]);
      assert.deepEqual(codesOf(shown), ["seatsShort"]);
      assert.match(shown.warnings[0]?.text ?? "", words);
    });
  }

  it("forecasts what is taken at once where the invited are counted, and nothing where they take no seat (rules 8, 9)", async () => {
    const counted = await place({ seatLimit: 1, settings: { seats: { countedStatuses: ["invited", "active"] } } });
    const shown = await review(counted, table("ana,member", "bea,member"));
    assert.deepEqual([shown.seats.needed, shown.seats.short], [2, 1]);
    assert.match(shown.warnings[0]?.text ?? "", /refused at once/);
    const off = await place({ seatLimit: 1, settings: { seats: { autoAssign: false } } });
    assert.deepEqual((await review(off, table("ana,member", "bea,member"))).seats.needed, 0);
    const unlimited = await review(await place(), table("ana,member", "bea,member"));
    assert.deepEqual([unlimited.seats.limit, unlimited.seats.needed, unlimited.seats.short], [null, 2, 0]);
  });

  it("warns where everybody would be an admin, and where one would not be does not", async () => {
    const here = await place();
    await here.call("POST", "/roles", { slug: "owner", name: "Owner", extends: "admin", permissions: [] });
    const codes = async (...rows: string[]): Promise<string[]> => codesOf(await review(here, table(...rows)));
    assert.deepEqual(await codes("ana,admin", "bea,Owner"), ["everybodyAdmin"]);
    assert.deepEqual(await codes("ana,admin", "bea,member"), []);
    assert.deepEqual(await codes("ana,nobody"), []);
  });

  it("tells what is left of the quota, and warns where it is too little", async () => {
    const here = await place({ settings: { invitations: { quota: { kind: "total", max: 2 } } } });
    const shown = await review(here, table("ana,member", "bea,member", "cid,member"));
    assert.deepEqual(shown.quota, { kind: "total", max: 2, remaining: 2, resetsAt: null });
    assert.deepEqual(shown.warnings[0]?.code, "quotaShort");
    assert.deepEqual((await review(here, table("ana,member", "bea,member"))).warnings, []);
  });

  it("looks at 10,000 rows, and shows the first thousand of their faults", async () => {
    const here = await place();
    const rows = Array.from({ length: 10_000 }, (_, i) => `p${i},${i % 4 === 0 ? "nobody" : "member"}`);
    const shown = await review(here, table(...rows));
    assert.deepEqual([shown.rows, shown.ready, shown.faulty], [10_000, 7_500, 2_500]);
    assert.equal(shown.faults.length, 1_000);
  });
});

describe("POST /invitations/import", () => {
  it("invites each row by a job, with role, names and team, and tells what became of them (S2.25)", async () => {
    const here = await place();
    await here.call("POST", "/roles", { slug: "agent", name: "Call agent", permissions: [] });
    await here.call("POST", "/teams", { name: "Red" });
    await here.add("ana@example.com");
    const file = [
      "\uFEFFrole,team,email,lastName,firstName",
      "call AGENT,RED,bea@example.com,Berg,Bea",
      "viewer,,cid@example.com,,",
      "viewer,,ana@example.com,,",
      "owner,,dan@example.com,,",
      ",,eve@example.com,,",
    ].join("\n");
    const { status, body } = await send(here, file);
    assert.deepEqual(
      [status, body.status, body.total, body.invited, body.refused, body.pending, body.sendEmail],
      [202, "running", 5, 0, 1, 4, true],
    );
    const done = await ended(here, body.id);
    assert.deepEqual([done.invited, done.refused, done.pending], [3, 2, 0]);
    assert.deepEqual(outcomes(done), [
      ["bea", "invited"],
      ["cid", "invited"],
      ["ana", "email_exists"],
      ["dan", "invalid_request"],
      ["eve", "invited"],
    ]);
    assert.match(done.results[3]?.detail ?? "", /^role: There is no role 'owner'/);
    const bea = (await here.call("GET", `/members/${done.results[0]?.memberId}`)).body;
    assert.deepEqual(
      [bea.status, bea.entrance, bea.name, bea.entitledRoles, bea.teams.map(({ name }: { name: string }) => name)],
      ["invited", "csv", { givenName: "Bea", familyName: "Berg" }, ["agent"], ["Red"]],
    );
    const eve = (await here.call("GET", `/members/${done.results[4]?.memberId}`)).body;
    assert.deepEqual(eve.entitledRoles, ["member"]);
    const invitations = items(await here.call("GET", "/invitations"));
    assert.deepEqual(
      invitations.map(({ status: state }) => state),
      ["pending", "pending", "pending"],
    );
    assert.equal((await eventsOf(here, "invitation.created")).length, 3);
    assert.deepEqual((await eventsOf(here, "import.created"))[0]?.["data"], { total: 5, refused: 1, sendEmail: true });
    const [end] = await eventsOf(here, "import.ended");
    assert.deepEqual([end?.["data"], told(end, "actor")["type"]], [{ invited: 3, refused: 2 }, "operator"]);
  });

  it("takes the seats of those who are counted when invited, one row after the other, and no more (rules 1, 9)", async () => {
    const seats = { countedStatuses: ["invited", "active"] } as const;
    const here = await place({ seatLimit: 2, settings: { seats } });
    const done = await ended(here, await begin(here, table("ana,member", "bea,viewer", "cid,member", "dan,member")));
    assert.deepEqual(outcomes(done), [
      ["ana", "invited"],
      ["bea", "invited"],
      ["cid", "invited"],
      ["dan", "seat_limit_reached"],
    ]);
    assert.deepEqual(
      done.results.map(({ seat }) => seat),
      ["held", "none", "held", null],
    );
    assert.equal((await here.call("GET", "/seats")).body.used, 2);
    await assertCounted(here.tenantId);
  });

  it("tells that no seat comes with it where newcomers are assigned none, and keeps the role asked for (rule 8)", async () => {
    const here = await place({ seatLimit: 5, settings: { seats: { autoAssign: false } } });
    const done = await ended(here, await begin(here, table("ana,member")));
    const ana = (await here.call("GET", `/members/${done.results[0]?.memberId}`)).body;
    assert.deepEqual([ana.entitledRoles, ana.seat, done.results[0]?.seat], [["member"], "none", "downgraded"]);
  });

  it("refuses the rows past the quota, each with what is left", async () => {
    const here = await place({ settings: { invitations: { quota: { kind: "total", max: 1 } } } });
    const done = await ended(here, await begin(here, table("ana,member", "bea,member")));
    assert.deepEqual(outcomes(done), [
      ["ana", "invited"],
      ["bea", "invitation_quota_exceeded"],
    ]);
  });

  it("mails each of them once, and nobody with sendEmail off", async () => {
    const here = await place();
    const letters = async (): Promise<number> => {
      const text = "select from jobs where tenant_id = $1 and kind = 'mail.invitation'";
      return (await here.db.pool.query(text, [here.tenantId])).rows.length;
    };
    await ended(here, await begin(here, table("ana,member"), "?sendEmail=false"));
    assert.equal(await letters(), 0);
    assert.equal(items(await here.call("GET", "/invitations"))[0]?.["sendEmail"], false);
    await ended(here, await begin(here, table("bea,member", "cid,member")));
    assert.equal(await letters(), 2);
  });

  it("invites nobody twice and loses nobody, wherever it is cut off", async () => {
    const here = await place();
    const names = Array.from({ length: 103 }, (_, i) => `p${i}`);
    const id = await begin(here, table(...names.map((name) => `${name},viewer`)), "?sendEmail=false");
    const own = jobsOf(here)["imports.run"];
    assert.ok("within" in own);
    let cuts = 2;
    const within: typeof own.within = async (scope, job) => {
      await own.within(scope, job);
      cuts -= 1;
      if (cuts === 1 || cuts === -1) throw new Error("cut off");
    };
    const done = await ended(here, id, { ...jobsOf(here), "imports.run": { within } });
    assert.deepEqual([done.invited, done.refused, done.pending], [103, 0, 0]);
    assert.ok(cuts <= -2, "it was cut off twice");
    assert.equal((await here.call("GET", "/members?status=invited&limit=1")).body.total, 103);
    assert.equal((await here.call("GET", "/events?type=invitation.created&limit=1")).body.total, 103);
    const first = (await read(here, id, "?limit=100")).body;
    const next = (await read(here, id, `?limit=100&cursor=${first.nextCursor}`)).body;
    assert.deepEqual([next.results.length, next.results[0].row, next.nextCursor], [3, 102, null]);
    refused(await read(here, id, "?cursor=e30"), 400, "invalid_request");
    const csv = (await here.call("GET", `/imports/${id}/results.csv`)).text.trimEnd().split("\r\n");
    assert.deepEqual([csv.length, csv.at(-1)], [104, "104,p102@example.com,viewer,,,,invited,,"]);
  });

  it("leaves who was pushed by a directory meanwhile as they are", async () => {
    const here = await place();
    const id = await begin(here, table("ana,admin", "bea,viewer"));
    const { id: ana } = await here.push("ana@example.com");
    assert.deepEqual(outcomes(await ended(here, id)), [
      ["ana", "email_exists"],
      ["bea", "invited"],
    ]);
    assert.deepEqual((await here.call("GET", `/members/${ana}`)).body.entitledRoles, ["member"]);
  });

  it("refuses each row whose role or team is gone by then", async () => {
    const here = await place();
    await here.call("POST", "/roles", { slug: "agent", name: "Agent" });
    const team = (await here.call("POST", "/teams", { name: "Red" })).body;
    const file = "email,role,team\na@example.com,agent,\nb@example.com,viewer,Red\nc@example.com,viewer,";
    const id = await begin(here, file);
    await here.call("DELETE", "/roles/agent");
    await here.call("DELETE", `/teams/${team.id}`);
    const done = await ended(here, id);
    assert.deepEqual(
      done.results.map(({ code, status }) => code ?? status),
      ["invalid_request", "not_found", "invited"],
    );
  });

  it("needs members:create, and gives no role or team above what the caller has (rule 16)", async () => {
    const here = await place();
    await here.call("POST", "/teams", { name: "Red" });
    const { key } = await keyOf(here, "members:create", "contact:view");
    const file = "email,role,team\na@example.com,admin,\nb@example.com,member,Red\nc@example.com,member,";
    assert.deepEqual(faultsOf(await review(here, file, key)), [
      [2, "role", "forbidden"],
      [3, "team", "forbidden"],
    ]);
    const done = await ended(here, await begin(here, file, "", key));
    assert.deepEqual(
      done.results.map(({ code, status }) => code ?? status),
      ["forbidden", "forbidden", "invited"],
    );
    const other = await keyOf(here, "members:edit", "members:view", "teams:edit");
    refused(await send(here, file, "", other.key), 403, "forbidden");
    refused(await send(here, file, "?dryRun=true", other.key), 403, "forbidden");
  });

  it("stops inviting once who began it may add members no more (rule 16)", async () => {
    const here = await place();
    const { id: keyId, key } = await keyOf(here, "*");
    const id = await begin(here, table("ana,admin"), "", key);
    assert.equal((await here.call("DELETE", `/api-keys/${keyId}`)).status, 204);
    const done = await ended(here, id);
    assert.deepEqual(outcomes(done), [["ana", "forbidden"]]);
    assert.equal((await here.call("GET", "/members")).body.total, 0);
  });

  it("is one at a time: a file that is sent twice is imported once", async () => {
    const here = await place();
    const both = await Promise.all([send(here, table("ana,member")), send(here, table("ana,member"))]);
    assert.deepEqual(statuses(both), [202, 409]);
    const again = await send(here, table("ana,member"));
    assert.match(String(refused(again, 409, "conflict")["detail"]), /wait until it has ended, or stop it/);
    await ended(here, both.find(({ status }) => status === 202)?.body.id);
    assert.deepEqual(outcomes(await ended(here, await begin(here, table("ana,member")))), [["ana", "email_exists"]]);
  });

  it("is stopped: who was invited stays invited, and nobody else is", async () => {
    const here = await place();
    const id = await begin(here, table("ana,member", "bea,nobody", "cid,member"));
    assert.equal((await here.call("DELETE", `/imports/${id}`)).status, 204);
    const stopped = (await read(here, id)).body;
    assert.deepEqual([stopped.status, stopped.invited, stopped.refused], ["done", 0, 3]);
    assert.deepEqual(outcomes(stopped), [
      ["ana", "conflict"],
      ["bea", "invalid_request"],
      ["cid", "conflict"],
    ]);
    assert.equal((await here.call("DELETE", `/imports/${id}`)).status, 204);
    const next = await ended(here, await begin(here, table("dan,viewer")));
    assert.deepEqual(outcomes(next), [["dan", "invited"]]);
    assert.equal((await here.call("GET", "/members")).body.total, 1);
    assert.equal((await eventsOf(here, "import.ended")).length, 2);
  });

  it("ends where its tenant was deleted meanwhile, and invites nobody when that is restored", async () => {
    const here = await place();
    const id = await begin(here, table("ana,member"));
    assert.equal((await api(here.db).delete(`/tenants/${here.slug}`)).status, 204);
    const over = "select from imports where tenant_id = $1 and ended_at is not null";
    await workUntil(jobsOf(here), async () => (await here.db.pool.query(over, [here.tenantId])).rows.length === 1);
    const rows = "select outcome->>'code' as code from import_rows where import_id = $1";
    assert.deepEqual((await here.db.pool.query(rows, [id])).rows, [{ code: "conflict" }]);
  });

  it("has not found another tenant's import, nor what never was", async () => {
    const [here, there] = [await place(), await place()];
    const id = await begin(there, table("ana,member"));
    for (const stranger of [id, NOBODY]) {
      refused(await here.call("GET", `/imports/${stranger}`), 404, "not_found");
      refused(await here.call("GET", `/imports/${stranger}/results.csv`), 404, "not_found");
      refused(await here.call("DELETE", `/imports/${stranger}`), 404, "not_found");
    }
    assert.equal((await read(there, id)).body.status, "running");
    refused(await (await here.as("members:view"))("GET", `/imports/${id}`), 403, "forbidden");
    await there.call("DELETE", `/imports/${id}`);
  });

  it("gives its results as a table that no spreadsheet computes", async () => {
    const here = await place();
    const file = 'email,role,team,firstName,lastName\n=1+1@example.com,"=HYPERLINK(""x"")",@SUM(A1),+1,-1';
    const id = await begin(here, file);
    await ended(here, id);
    const { text, headers } = await here.call("GET", `/imports/${id}/results.csv`);
    const [header, line = ""] = text.split("\r\n");
    assert.equal(header, "row,email,role,team,firstName,lastName,status,code,detail");
    assert.ok(
      line.startsWith(`2,'=1+1@example.com,"'=HYPERLINK(""x"")",'@SUM(A1),'+1,'-1,refused,invalid_request,`),
      line,
    );
    assert.match(line, /role: There is no role.*team: There is no team/);
    assert.equal(headers["content-disposition"], `attachment; filename="import-${here.slug}.csv"`);
  });

  it("is forgotten after thirty days", async () => {
    const here = await place();
    const id = await begin(here, table("ana,member"));
    await ended(here, id);
    const due = "update jobs set run_at = now() where tenant_id = $1 and kind = 'imports.forget' returning created_at";
    const when =
      "select extract(day from run_at - created_at) as days from jobs where tenant_id = $1 and kind = 'imports.forget'";
    const [{ days } = { days: 0 }] = (await here.db.pool.query(when, [here.tenantId])).rows;
    assert.ok(Number(days) >= 29);
    await here.db.pool.query(due, [here.tenantId]);
    await workUntil(jobsOf(here), async () => (await read(here, id)).status === 404);
    assert.equal((await here.call("GET", "/members")).body.total, 1);
  });

  it("forgets who is erased", async () => {
    const here = await place({ settings: { members: { removal: "erase" } } });
    const id = await begin(here, table("ana,member", "bea,member"));
    const done = await ended(here, id);
    assert.equal((await here.call("DELETE", `/members/${done.results[0]?.memberId}`)).status, 204);
    const left = (await read(here, id)).body;
    assert.deepEqual(
      left.results.map(({ row, email, status }: Row) => [row, email, status]),
      [
        [2, null, "invited"],
        [3, "bea@example.com", "invited"],
      ],
    );
    assert.doesNotMatch((await here.call("GET", `/imports/${id}/results.csv`)).text, /ana/);
  });

  const wrong: readonly (readonly [
    what: string,
    file: string | Buffer,
    type: string,
    status: number,
    words: RegExp,
  ])[] = [
    ["JSON", '{"emails":[]}', "application/json", 415, /text\/csv/],
    ["another charset", "email,role\na,b", "text/csv; charset=iso-8859-1", 415, /UTF-8.*CSV UTF-8/],
    ["UTF-16", Buffer.from("\uFEFFemail,role\n", "utf16le"), "text/csv", 400, /UTF-16.*CSV UTF-8/],
    [
      "Latin-1",
      Buffer.from("email,role\nzo\xEB@example.com,member", "latin1"),
      "text/csv; charset=utf-8",
      400,
      /Latin-1/,
    ],
    ["nothing", "", "text/csv", 400, /empty.*email and role/],
    [
      "a line of more than four megabytes",
      `email,role\n${"a".repeat(4_200_000)}`,
      "text/csv",
      413,
      /larger than 4194304/,
    ],
    ["an open quotation mark", 'email,role\n"ana@example.com,member', "text/csv", 400, /Row 2 opens a quotation mark/],
    ["an unknown column", "email,role,salary\na,b,c", "text/csv", 400, /'salary' is not known/],
  ];
  for (const [what, file, type, status, words] of wrong) {
    it(`refuses ${what}, with what to do`, async () => {
      const here = await place();
      for (const query of ["", "?dryRun=true"]) {
        const reply = await api(here.db).postFile(`/tenants/${here.slug}/invitations/import${query}`, file, type);
        assert.equal(reply.status, status, reply.text);
        assert.match(JSON.parse(reply.text).detail, words);
      }
    });
  }

  it("refuses a query that it does not know", async () => {
    const here = await place();
    refused(await send(here, table("ana,member"), "?dry=true"), 400, "invalid_request");
    refused(await send(here, table("ana,member"), "?dryRun=perhaps"), 400, "invalid_request");
  });
});
