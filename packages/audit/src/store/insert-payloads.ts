import type pg from "pg";
import type { StoredEvent } from "../events/stored-event.ts";

const INSERT = `
  INSERT INTO gateway_audit_payloads (event_id, kind, "timestamp", policy, salt, body)
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::bytea[], $6::bytea[])`;

/** Inserts what the events' payload policies keep of arguments and results. */
export async function insertPayloads(client: pg.ClientBase, batch: readonly StoredEvent[]): Promise<void> {
  const rows = batch.flatMap(({ id, timestamp, payloads }) =>
    payloads.map((payload) => ({ id, timestamp, ...payload })),
  );
  if (rows.length === 0) return;
  await client.query({
    name: "audit-insert-payloads",
    text: INSERT,
    values: [
      rows.map(({ id }) => id),
      rows.map(({ kind }) => kind),
      rows.map(({ timestamp }) => timestamp),
      rows.map(({ policy }) => policy),
      rows.map(({ salt }) => salt),
      rows.map(({ body }) => body),
    ],
  });
}
