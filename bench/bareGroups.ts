/**
 * Groups of the bare server: a row for each membership, and version and lastModified of the group in the same statement,
 * since an answer must tell that it has changed (RFC 7643 §3.1). `/{directory}/Groups` is `bare.groups_{directory}`.
 */
import { randomUUID } from "node:crypto";
import type { Express } from "express";
import type { Pool } from "pg";
import { listOf, type Row } from "./bareRows.ts";

interface Body {
  readonly displayName: string;
  readonly Operations: readonly [{ readonly value: readonly { readonly value: string }[] }];
}

/** Adds the routes of `/Groups`. */
export function groupRoutes(app: Express, pool: Pool): void {
  app.post("/:directory/Groups", async (req, res) => {
    const body = req.body as Body;
    const id = randomUUID();
    const now = new Date().toISOString();
    const doc = { id, ...body, meta: { resourceType: "Group", created: now, lastModified: now } };
    const statement = `insert into bare.groups_${Number(req.params.directory)} (id, name, doc) values ($1, $2, $3)`;
    await pool.query(statement, [id, body.displayName, doc]);
    res.status(201).json(doc);
  });

  app.get("/:directory/Groups", async (req, res) => {
    const name = /^displayName eq "(.*)"$/.exec((req.query as { filter: string }).filter)?.[1];
    const statement = `select doc from bare.groups_${Number(req.params.directory)} where name = $1`;
    const { rows } = await pool.query<Row>(statement, [name]);
    res.json(listOf(rows, rows.length));
  });

  // Only ever asked for without members.
  app.get("/:directory/Groups/:id", async (req, res) => {
    const statement = `select doc from bare.groups_${Number(req.params.directory)} where id = $1`;
    const { rows } = await pool.query<Row>(statement, [req.params.id]);
    res.status(rows[0] ? 200 : 404).json(rows[0]?.doc);
  });

  app.patch("/:directory/Groups/:id", async (req, res) => {
    const directory = Number(req.params.directory);
    const members = (req.body as Body).Operations[0].value.map(({ value }) => value);
    const { rowCount } = await pool.query(
      `with target as (update bare.groups_${directory} set version = version + 1,
            doc = jsonb_set(doc, '{meta,lastModified}', to_jsonb($3::text)) where id = $1 returning id)
        insert into bare.memberships_${directory} (group_id, member_id)
          select target.id, asked.id from target, unnest($2::uuid[]) asked (id) on conflict do nothing`,
      [req.params.id, members, new Date().toISOString()],
    );
    res.status(rowCount === members.length ? 204 : 500).end();
  });
}
