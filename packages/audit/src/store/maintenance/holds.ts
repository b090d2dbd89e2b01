import type pg from "pg";

/** Events from `seq` on must stay. */
export interface Hold {
  readonly seq: number;
  readonly reason: string;
}

/**
 * What still needs events: the enabled destination that is furthest behind, and the transparency log, whose tiles keep
 * the hashes of dropped events but must have got them first. Its rows stay locked until the transaction ends.
 */
export async function readHolds(client: pg.ClientBase, isSigned: boolean): Promise<Hold[]> {
  const holds: Hold[] = [];
  const { rows: destinations } = await client.query<{ name: string; cursor_seq: string }>(
    "SELECT name, cursor_seq FROM audit_destinations WHERE enabled ORDER BY cursor_seq LIMIT 1 FOR SHARE",
  );
  for (const { name, cursor_seq } of destinations) {
    holds.push({ seq: Number(cursor_seq), reason: `destination "${name}" has not received it` });
  }
  const { rows: checkpoints } = await client.query<{ size: string | null }>(
    "SELECT max(size) AS size FROM gateway_audit_checkpoints WHERE note IS NOT NULL",
  );
  const size = checkpoints[0]?.size ?? (isSigned ? "0" : null);
  if (size !== null) {
    holds.push({ seq: Number(size), reason: "no signed checkpoint covers it" });
  }
  return holds;
}
