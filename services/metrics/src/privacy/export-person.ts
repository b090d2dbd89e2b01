import { Readable } from "node:stream";
import type { Database } from "../database/database.ts";
import { PERSONAL_TABLES, type PersonalTable } from "./personal-tables.ts";

/** Rows that are held at once: events of earlier versions may have half a megabyte of digits each. */
const PAGE = 100;

/**
 * All that is kept of a person, as lines of JSON: the name of a table (`table`) and the row (`row`). Read page by page as the reader
 * takes it, each page in a transaction of its own: nothing is held open for a slow reader. The last line says that it is complete,
 * and how many rows there were; a stream without it broke off. It is not complete where the person was erased meanwhile.
 */
export function exportPerson(database: Pick<Database, "asTenant">, tenant: string, user: string): Readable {
  return Readable.from(linesOf(database, tenant, user), { objectMode: false });
}

async function* linesOf(
  database: Pick<Database, "asTenant">,
  tenant: string,
  user: string,
): AsyncGenerator<string> {
  let rows = 0;
  let first: FirstRow | undefined;
  const start = await look(database, tenant, user, null);
  for (const { table, time, tie } of PERSONAL_TABLES) {
    let after: { readonly at: string; readonly tie: string } | undefined;
    do {
      const page = await database.asTenant("personal_data", tenant, (tx) =>
        tx.query<{ row: string; at: string; tie: string }>(
          // From the place of the page before on, by the index: a person may have millions of rows. Those are written out that are returned.
          `SELECT (to_jsonb(p.t) - 'tenant_id')::text AS row, p.at, p.tie FROM (
             SELECT t, ${time}::text AS at, ${tie} AS tie FROM metrics.${table} t
             WHERE tenant_id = $1 AND user_id = $2
               AND ${time} >= $3 AND (${time} > $3 OR ${tie} COLLATE "C" > $4::text)
             ORDER BY ${time}, ${tie} COLLATE "C" LIMIT $5) p
           ORDER BY p.at::timestamptz, p.tie COLLATE "C"`,
          [tenant, user, after?.at ?? "-infinity", after?.tie ?? "", PAGE],
        ),
      );
      rows += page.rows.length;
      first ??= page.rows.slice(0, 1).map((row) => ({ table, time, tie, at: row.at, tieValue: row.tie }))[0];
      yield page.rows.map(({ row }) => `{"table":"${table}","row":${row}}\n`).join("");
      after = page.rows.length === PAGE ? page.rows.at(-1) : undefined;
    } while (after !== undefined);
  }
  const end = await look(database, tenant, user, start.now);
  const isErased =
    start.isOpen || end.isOpen || (end.isOver && first !== undefined && !(await isThere(first)));
  yield `{"complete":${!isErased},"rows":${rows}}\n`;

  /** Of a person that was erased it is not: completed erasures name none, and one may have been of another person. */
  async function isThere({ table, time, tie, ...row }: FirstRow): Promise<boolean> {
    const found = await database.asTenant("personal_data", tenant, (tx) =>
      tx.query(
        `SELECT FROM metrics.${table} WHERE tenant_id = $1 AND user_id = $2 AND ${time} = $3 AND ${tie} = $4::text`,
        [tenant, user, row.at, row.tieValue],
      ),
    );
    return found.rows.length > 0;
  }
}

interface FirstRow extends Pick<PersonalTable, "table" | "time" | "tie"> {
  readonly at: string;
  readonly tieValue: string;
}

/** Whether an erasure of the person is to be done, and whether any of the tenant was done since a time of the database. */
async function look(
  database: Pick<Database, "asTenant">,
  tenant: string,
  user: string,
  since: string | null,
): Promise<{ readonly now: string; readonly isOpen: boolean; readonly isOver: boolean }> {
  const { rows } = await database.asTenant("personal_data", tenant, (tx) =>
    tx.query<{ now: string; open: boolean; over: boolean }>(
      `SELECT now()::text AS now,
         EXISTS (SELECT FROM metrics.erasures WHERE tenant_id = $1 AND user_id = $2 AND completed_at IS NULL) AS open,
         EXISTS (SELECT FROM metrics.erasures WHERE tenant_id = $1 AND completed_at >= $3::timestamptz) AS over`,
      [tenant, user, since],
    ),
  );
  const { now = "-infinity", open = true, over = true } = rows[0] ?? {};
  return { now, isOpen: open, isOver: over };
}
