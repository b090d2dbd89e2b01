import type pg from "pg";

/** A day's partition, named for its day: `gateway_audit_events_p20261121`. */
export function partitionName(day: Date): string {
  return `gateway_audit_events_p${day.toISOString().slice(0, 10).replaceAll("-", "")}`;
}

const DAY_MS = 86_400_000;

/**
 * Makes the partitions of today and the days ahead that are missing, so that no insert ever waits for one.
 * Does nothing where TimescaleDB makes its own chunks. Safe to run from several processes at once.
 */
export async function ensurePartitions(
  client: pg.ClientBase,
  now: number,
  daysAhead: number,
): Promise<string[]> {
  const { rows } = await client.query<{ kind: string }>(
    "SELECT relkind AS kind FROM pg_class WHERE oid = 'gateway_audit_events'::regclass",
  );
  if (rows[0]?.kind !== "p") return [];
  const made: string[] = [];
  for (let ahead = 0; ahead <= daysAhead; ahead += 1) {
    const day = new Date(Math.floor(now / DAY_MS) * DAY_MS + ahead * DAY_MS);
    if (await ensurePartition(client, day)) made.push(partitionName(day));
  }
  return made;
}

/** Rows of that day that landed in the default partition are moved along: a partition cannot be made over them. */
async function ensurePartition(client: pg.ClientBase, day: Date): Promise<boolean> {
  const name = partitionName(day);
  const found = await client.query("SELECT to_regclass($1) AS oid", [name]);
  if ((found.rows[0] as { oid: string | null }).oid !== null) return false;
  const from = day.toISOString();
  const to = new Date(day.getTime() + DAY_MS).toISOString();
  await client.query("BEGIN");
  try {
    await client.query("LOCK TABLE gateway_audit_events IN SHARE UPDATE EXCLUSIVE MODE");
    const again = await client.query("SELECT to_regclass($1) AS oid", [name]);
    const missing = (again.rows[0] as { oid: string | null }).oid === null;
    if (missing) {
      await client.query(
        `CREATE TABLE ${name} (LIKE gateway_audit_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`,
      );
      await client.query(
        `WITH moved AS (DELETE FROM gateway_audit_events_default
           WHERE "timestamp" >= $1 AND "timestamp" < $2 RETURNING *) INSERT INTO ${name} SELECT * FROM moved`,
        [from, to],
      );
      await client.query(
        `ALTER TABLE gateway_audit_events ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`,
      );
    }
    await client.query("COMMIT");
    return missing;
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}
