/**
 * What Usher is measured against: express and pg doing the least that could answer. One statement for each request
 * (two for a page), no credentials, validation, tenants, seats or journal; the JSON goes in and comes out as it is.
 *
 * Environment: PORT, DATABASE_URL. `/{directory}/Users` is the table `bare.users_{directory}`.
 */
import { randomUUID } from "node:crypto";
import express, { type Request } from "express";
import { Pool } from "pg";
import { groupRoutes } from "./bareGroups.ts";
import { listOf, type Row } from "./bareRows.ts";

const { PORT, DATABASE_URL } = process.env;
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/** Employee numbers are not case exact (RFC 7643 §8.7.1). */
const EMPLOYEE_NUMBER = `lower(doc->'${ENTERPRISE}'->>'employeeNumber')`;

const pool = new Pool({ connectionString: DATABASE_URL, max: 16 });
const app = express();
// As Usher has it: express would hash each answer for an ETag.
app.disable("etag");
app.disable("x-powered-by");
app.use(express.json({ type: "application/scim+json" }));

app.get("/readyz", async (_req, res) => {
  await pool.query("select 1");
  res.send("ready");
});

app.post("/:directory/Users", async (req, res) => {
  const body = req.body as { userName: string };
  const id = randomUUID();
  const now = new Date().toISOString();
  const doc = { id, ...body, meta: { resourceType: "User", created: now, lastModified: now } };
  const statement = `insert into ${tableOf(req)} (id, user_name, doc) values ($1, $2, $3)`;
  await pool.query(statement, [id, body.userName, doc]);
  res.status(201).json(doc);
});

app.get("/:directory/Users", async (req, res) => {
  const { filter, startIndex, count } = req.query as Record<string, string | undefined>;
  if (filter === undefined) {
    const [page, total] = await Promise.all([
      pool.query<Row>(`select doc from ${tableOf(req)} order by id limit $1 offset $2`, [
        count,
        Number(startIndex) - 1,
      ]),
      pool.query<{ count: string }>(`select count(*) from ${tableOf(req)}`),
    ]);
    res.json(listOf(page.rows, Number(total.rows[0]?.count)));
    return;
  }
  const [, attribute, value = ""] = /^(.*) eq "(.*)"$/.exec(filter) ?? [];
  const condition = attribute === "userName" ? "user_name = $1" : `${EMPLOYEE_NUMBER} = lower($1)`;
  const { rows } = await pool.query<Row>(`select doc from ${tableOf(req)} where ${condition}`, [value]);
  res.json(listOf(rows, rows.length));
});

app.get("/:directory/Users/:id", async (req, res) => {
  const { rows } = await pool.query<Row>(`select doc from ${tableOf(req)} where id = $1`, [req.params.id]);
  res.status(rows[0] ? 200 : 404).json(rows[0]?.doc);
});

app.patch("/:directory/Users/:id", async (req, res) => {
  const { Operations } = req.body as { Operations: [{ value: boolean }] };
  const statement = `update ${tableOf(req)} set doc = jsonb_set(doc, '{active}', $2) where id = $1 returning doc`;
  const { rows } = await pool.query<Row>(statement, [req.params.id, JSON.stringify(Operations[0].value)]);
  res.status(rows[0] ? 200 : 404).json(rows[0]?.doc);
});

groupRoutes(app, pool);

function tableOf(req: Request): string {
  return `bare.users_${Number(req.params["directory"])}`;
}

const server = app.listen(Number(PORT), "127.0.0.1");
process.once("SIGTERM", () => {
  server.closeAllConnections();
  server.close(() => process.exit());
});
