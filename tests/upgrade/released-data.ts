import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import pg from "pg";

/** Where a service keeps its rows, and by which scripts their tables are made. */
export interface Product {
  /** Those beside `public` have their name before that of a table. */
  readonly schemas: readonly string[];
  /** In their order. `folder`: from the root of the repository. */
  readonly scripts: readonly { readonly table: string; readonly folder: string }[];
}

const AUDIT = { table: "audit_migrations", folder: "packages/audit/migrations" } as const;
export const GATEWAY: Product = { schemas: ["public"], scripts: [AUDIT] };
export const METRICS_SERVICE: Product = {
  schemas: ["public", "metrics"],
  scripts: [AUDIT, { table: "metrics_migrations", folder: "services/metrics/migrations" }],
};

/** What a release left behind: the rows of its database and the files of its data directory. */
export interface ReleasedData {
  readonly version: string;
  /** In the order in which they were applied. `table`: where that is on record; that of the audit log, where it is missing. */
  readonly migrations: readonly {
    readonly name: string;
    readonly checksum: string;
    readonly table?: string;
  }[];
  readonly partitions: readonly { readonly name: string; readonly parent: string; readonly bound: string }[];
  /** Rows by table, each as PostgreSQL writes it as JSON; numbers that no double holds are texts of their own there. */
  readonly tables: Readonly<Record<string, readonly string[]>>;
  /** Base64, by path below the data directory. */
  readonly files: Readonly<Record<string, string>>;
  /** What was seen of it through the release itself, for comparison. */
  readonly seen: Readonly<Record<string, unknown>>;
}

/** Reads a database that is not written to any more, and a data directory. */
export async function captureData(
  from: { readonly databaseUrl: string; readonly dataDirectory: string },
  about: Pick<ReleasedData, "version" | "seen">,
  { schemas, scripts }: Product = GATEWAY,
): Promise<ReleasedData> {
  return connected(from.databaseUrl, async (client) => {
    const migrations: ReleasedData["migrations"][number][] = [];
    for (const { table } of scripts) {
      const { rows } = await client.query<{ name: string; checksum: string }>(
        `SELECT name, checksum FROM ${table} ORDER BY applied_at, name`,
      );
      migrations.push(...rows.map((row) => (table === AUDIT.table ? row : { ...row, table })));
    }
    const { rows: partitions } = await client.query<ReleasedData["partitions"][number]>(
      `SELECT c.relname AS name, p.relname AS parent, pg_get_expr(c.relpartbound, c.oid) AS bound
       FROM pg_class AS c JOIN pg_inherits AS i ON i.inhrelid = c.oid JOIN pg_class AS p ON p.oid = i.inhparent
       WHERE c.relispartition AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname`,
    );
    const { rows: names } = await client.query<{ name: string }>(
      `SELECT CASE nspname WHEN 'public' THEN '' ELSE nspname || '.' END || relname AS name
       FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
       WHERE nspname = ANY ($1) AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> ALL ($2) ORDER BY name`,
      [schemas, scripts.map(({ table }) => table)],
    );
    const tables: Record<string, string[]> = {};
    for (const { name } of names) {
      const { rows } = await client.query<{ row: string }>(
        `SELECT row_to_json(t)::text AS row FROM ${quoted(name)} AS t ORDER BY t`,
      );
      tables[name] = rows.map(({ row }) => row);
    }
    return { ...about, migrations, partitions, tables, files: readFiles(from.dataDirectory) };
  });
}

/** Brings an empty database to the schema that the release had, with its rows, and an empty folder to its files. */
export async function restoreData(
  data: ReleasedData,
  to: { readonly databaseUrl: string; readonly dataDirectory: string },
  { scripts }: Product = GATEWAY,
): Promise<void> {
  for (const [path, content] of Object.entries(data.files)) {
    const file = join(to.dataDirectory, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, Buffer.from(content, "base64"), { mode: 0o600 });
  }
  await connected(to.databaseUrl, async (client) => {
    for (const { table, folder } of scripts) {
      await client.query(
        `CREATE TABLE ${table} (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
      );
      for (const { name, checksum } of data.migrations.filter(
        (one) => (one.table ?? AUDIT.table) === table,
      )) {
        await client.query(scriptOf(folder, name));
        await client.query(`INSERT INTO ${table} (name, checksum) VALUES ($1, $2)`, [name, checksum]);
      }
    }
    const { rows } = await client.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relispartition",
    );
    const there = new Set(rows.map(({ name }) => name));
    for (const { name, parent, bound } of data.partitions.filter((partition) => !there.has(partition.name))) {
      await client.query(
        `CREATE TABLE ${pg.escapeIdentifier(name)} PARTITION OF ${pg.escapeIdentifier(parent)} ${bound}`,
      );
    }
    // Rows come table by table, whatever they refer to.
    await client.query("SET session_replication_role = replica");
    for (const [table, lines] of Object.entries(data.tables)) {
      const name = quoted(table);
      // Some have a row from their migration.
      await client.query(`DELETE FROM ${name}`);
      await client.query(
        `INSERT INTO ${name} OVERRIDING SYSTEM VALUE
         SELECT (json_populate_record(NULL::${name}, line::json)).* FROM unnest($1::text[]) AS line`,
        [lines],
      );
    }
    await continueSequences(client);
  });
}

/** Numbers that the database gives go on after those that rows have, as a backup has it. */
async function continueSequences(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string }>(
    `SELECT attrelid::regclass::text AS table, attname AS column
     FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = attrelid WHERE attidentity <> '' AND relkind = 'r'`,
  );
  for (const { table, column } of rows) {
    await client.query(
      `SELECT setval(pg_get_serial_sequence('${table}', '${column}'), coalesce(max(${column}), 0) + 1, false) FROM ${table}`,
    );
  }
}

const quoted = (table: string): string => table.split(".").map(pg.escapeIdentifier).join(".");

export function writeReleasedData(file: string, data: ReleasedData): void {
  writeFileSync(file, gzipSync(JSON.stringify(data), { level: 9 }));
}

export function readReleasedData(file: string): ReleasedData {
  return JSON.parse(gunzipSync(readFileSync(file)).toString()) as ReleasedData;
}

/** A script that was released never changes: the product refuses a database that was made by another text. */
function scriptOf(folder: string, name: string): string {
  return readFileSync(join(import.meta.dirname, "../..", folder, `${name}.up.sql`), "utf8");
}

function readFiles(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    entries.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return [relative(folder, file), readFileSync(file).toString("base64")];
    }),
  );
}

async function connected<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
