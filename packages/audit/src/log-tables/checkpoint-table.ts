import type { Queryable } from "../postgres/queryable.ts";

/** A tree head as the database has it; `note` is `null` between the decision for it and its signature. */
export interface CheckpointRow {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string | null;
}
export type SignedRow = CheckpointRow & { readonly note: string };

interface Row {
  readonly size: string;
  readonly root: Buffer;
  readonly note: string | null;
}

const fromRow = (row: Row | undefined): CheckpointRow | null =>
  row === undefined ? null : { ...row, size: Number(row.size) };

/** The newest one, signed or not. */
export async function readNewest(client: Queryable): Promise<CheckpointRow | null> {
  const { rows } = await client.query<Row>({
    name: "audit-checkpoint-newest",
    text: "SELECT size, root, note FROM gateway_audit_checkpoints ORDER BY size DESC LIMIT 1",
  });
  return fromRow(rows[0]);
}

export async function readNewestSigned(client: Queryable): Promise<SignedRow | null> {
  const { rows } = await client.query<Row>({
    name: "audit-checkpoint-signed",
    text: `SELECT size, root, note FROM gateway_audit_checkpoints WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1`,
  });
  return fromRow(rows[0]) as SignedRow | null;
}

/** The signed note of the tree of exactly that size, where it is kept. */
export async function readNote(client: Queryable, size: number): Promise<string | null> {
  const { rows } = await client.query<{ note: string | null }>({
    name: "audit-checkpoint-note",
    text: "SELECT note FROM gateway_audit_checkpoints WHERE size = $1",
    values: [size],
  });
  return rows[0]?.note ?? null;
}

/** Decides on the tree of that size; resolves to what the database holds for it, which is another builder's if it was there before. */
export async function decide(
  client: Queryable,
  size: number,
  root: Uint8Array,
): Promise<CheckpointRow | null> {
  await client.query({
    name: "audit-checkpoint-decide",
    text: "INSERT INTO gateway_audit_checkpoints (size, root) VALUES ($1, $2) ON CONFLICT (size) DO NOTHING",
    values: [size, root],
  });
  const { rows } = await client.query<Row>({
    name: "audit-checkpoint-read",
    text: "SELECT size, root, note FROM gateway_audit_checkpoints WHERE size = $1",
    values: [size],
  });
  return fromRow(rows[0]);
}

export async function storeNote(client: Queryable, size: number, note: string): Promise<void> {
  await client.query({
    name: "audit-checkpoint-sign",
    text: "UPDATE gateway_audit_checkpoints SET note = $2 WHERE size = $1 AND note IS NULL",
    values: [size, note],
  });
}

/** Adds signature lines of witnesses, each with its newline, to a signed checkpoint. */
export async function appendSignatures(client: Queryable, size: number, lines: string): Promise<void> {
  await client.query("UPDATE gateway_audit_checkpoints SET note = note || $2 WHERE size = $1", [size, lines]);
}

export async function storeTimeStamp(client: Queryable, size: number, token: Uint8Array): Promise<void> {
  await client.query("UPDATE gateway_audit_checkpoints SET time_stamp = $2 WHERE size = $1", [size, token]);
}

/**
 * Deletes the checkpoints older than a day but for the last of each hour and of each 1,024 events: a verifier needs those
 * to say between which two a history goes wrong. Time-stamped ones stay.
 */
export async function deleteRedundantCheckpoints(client: Queryable): Promise<void> {
  await client.query(`
    DELETE FROM gateway_audit_checkpoints AS old
    WHERE decided_at < now() - interval '1 day' AND time_stamp IS NULL AND note IS NOT NULL
      AND EXISTS (
        SELECT FROM gateway_audit_checkpoints AS later
        WHERE later.size > old.size AND later.size / 1024 = old.size / 1024 AND later.note IS NOT NULL
          AND date_trunc('hour', later.decided_at) = date_trunc('hour', old.decided_at))`);
}
