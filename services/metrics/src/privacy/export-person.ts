import { Readable } from "node:stream";
import type { Database } from "../database/database.ts";
import { PERSONAL_TABLES } from "./personal-tables.ts";

/** Rows that are held at once: events of earlier versions may have half a megabyte of digits each. */
const PAGE = 100;

/**
 * All that is kept of a person, as lines of JSON: the name of a table (`table`) and the row (`row`). Read page by page as the reader
 * takes it, each page in a transaction of its own: nothing is held open for a slow reader. The last line says that it is complete,
 * and how many rows there were; a stream without it broke off.
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
      yield page.rows.map(({ row }) => `{"table":"${table}","row":${row}}\n`).join("");
      after = page.rows.length === PAGE ? page.rows.at(-1) : undefined;
    } while (after !== undefined);
  }
  yield `{"complete":true,"rows":${rows}}\n`;
}
