import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import pg from "pg";

/** What a release left behind: the rows of its database and the files of its data directory. */
export interface ReleasedData {
  readonly version: string;
  /** In the order in which they were applied. */
  readonly migrations: readonly { readonly name: string; readonly checksum: string }[];
  readonly partitions: readonly { readonly name: string; readonly parent: string; readonly bound: string }[];
  /** Rows by table, each as PostgreSQL writes it as JSON; numbers that no double holds are texts of their own there. */
  readonly tables: Readonly<Record<string, readonly string[]>>;
  /** Base64, by path below the data directory. */
  readonly files: Readonly<Record<string, string>>;
  /** What was seen of it through the release itself, for comparison. */
  readonly seen: Readonly<Record<string, unknown>>;
}

const MIGRATIONS = "audit_migrations";

/** Reads a database that is not written to any more, and a data directory. */
export async function captureData(
  from: { readonly databaseUrl: string; readonly dataDirectory: string },
  about: Pick<ReleasedData, "version" | "seen">,
): Promise<ReleasedData> {
  return connected(from.databaseUrl, async (client) => {
    const { rows: migrations } = await client.query<ReleasedData["migrations"][number]>(
      `SELECT name, checksum FROM ${MIGRATIONS} ORDER BY applied_at, name`,
    );
    const { rows: partitions } = await client.query<ReleasedData["partitions"][number]>(
      `SELECT c.relname AS name, p.relname AS parent, pg_get_expr(c.relpartbound, c.oid) AS bound
       FROM pg_class AS c JOIN pg_inherits AS i ON i.inhrelid = c.oid JOIN pg_class AS p ON p.oid = i.inhparent
       WHERE c.relispartition AND c.relkind = 'r' ORDER BY c.relname`,
    );
    const { rows: names } = await client.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
         AND NOT relispartition AND relname <> '${MIGRATIONS}' ORDER BY relname`,
    );
    const tables: Record<string, string[]> = {};
    for (const { name } of names) {
      const { rows } = await client.query<{ row: string }>(
        `SELECT row_to_json(t)::text AS row FROM ${pg.escapeIdentifier(name)} AS t ORDER BY t`,
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
): Promise<void> {
  for (const [path, content] of Object.entries(data.files)) {
    const file = join(to.dataDirectory, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, Buffer.from(content, "base64"), { mode: 0o600 });
  }
  await connected(to.databaseUrl, async (client) => {
    await client.query(
      `CREATE TABLE ${MIGRATIONS} (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    for (const { name, checksum } of data.migrations) {
      await client.query(scriptOf(name));
      await client.query(`INSERT INTO ${MIGRATIONS} (name, checksum) VALUES ($1, $2)`, [name, checksum]);
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
    for (const [table, lines] of Object.entries(data.tables)) {
      const name = pg.escapeIdentifier(table);
      // Some have a row from their migration.
      await client.query(`TRUNCATE ${name} CASCADE`);
      await client.query(
        `INSERT INTO ${name} SELECT (json_populate_record(NULL::${name}, line::json)).* FROM unnest($1::text[]) AS line`,
        [lines],
      );
    }
  });
}

export function writeReleasedData(file: string, data: ReleasedData): void {
  writeFileSync(file, gzipSync(JSON.stringify(data), { level: 9 }));
}

export function readReleasedData(file: string): ReleasedData {
  return JSON.parse(gunzipSync(readFileSync(file)).toString()) as ReleasedData;
}

/** A script that was released never changes: the product refuses a database that was made by another text. */
function scriptOf(name: string): string {
  return readFileSync(join(import.meta.dirname, "../../packages/audit/migrations", `${name}.up.sql`), "utf8");
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
