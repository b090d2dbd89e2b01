import type { Checkpoint } from "../../transparency-log/notes/checkpoint.ts";
import type { Finding } from "../findings/finding.ts";
import type { LogConnection } from "../rows/log-connection.ts";

/** Where the log begins and ends. */
export interface Bounds {
  /** The lowest number that an event has; 0 where there is none. */
  readonly first: number;
  /** The number after the highest. */
  readonly end: number;
  /** How many were ever committed, as the head counts. */
  readonly head: number;
}

export async function readBounds({ client }: LogConnection): Promise<Bounds> {
  const { rows } = await client.query<{ first: string | null; last: string | null; head: string | null }>(
    `SELECT min(seq) AS first, max(seq) AS last, (SELECT next_seq FROM gateway_audit_head) AS head
     FROM gateway_audit_events`,
  );
  const { first = null, last = null, head = null } = rows[0] ?? {};
  return { first: Number(first ?? 0), end: Number(last ?? -1) + 1, head: Number(head ?? 0) };
}

export function checkBeginning({ first }: Bounds): Finding[] {
  if (first >= 0) {
    return [];
  }
  const message = `An event stands at seq ${first}, before the beginning of the log: it was inserted.`;
  return [{ kind: "extra", seq: first, id: null, message }];
}

/**
 * Whether the log, whose events are in order, ends where it should: held against the head, the newest checkpoint and
 * the remembered one.
 */
export async function checkTail(
  { client }: LogConnection,
  { end, head }: Bounds,
  trees: { readonly newest: Checkpoint | null; readonly remembered: Checkpoint | null },
): Promise<Finding[]> {
  const signed = trees.newest?.size ?? 0;
  const known = trees.remembered?.size ?? 0;
  const ends = end === 0 ? "The log is empty" : `The log ends at seq ${end - 1}`;

  if (end < known && signed < known) {
    const message = `${ends}; a tree of ${known} events was remembered: its tail was cut off, or an old backup was restored.`;
    return [{ kind: "rollback", seq: end, id: null, message }];
  }
  if (end < signed || end < head) {
    const message = `${ends}, though ${Math.max(signed, head)} events were committed: those from seq ${end} on were removed.`;
    return [{ kind: "missing", seq: end, id: null, message }];
  }
  if (head < signed) {
    const message = `The head counts ${head} events, though ${signed} were signed: it was set back.`;
    return [{ kind: "rollback", seq: head, id: null, message }];
  }
  if (end > head) {
    const found = await client.query<{ id: string; seq: string }>(
      "SELECT id, seq FROM gateway_audit_events WHERE seq >= $1 ORDER BY seq, id LIMIT 1",
      [head],
    );
    const [id, seq] = [found.rows[0]?.id ?? null, Number(found.rows[0]?.seq ?? head)];
    const message = `Event ${id} stands at seq ${seq}, though only ${head} events were ever committed: it was inserted.`;
    return [{ kind: "extra", seq, id, message }];
  }
  if (signed < known) {
    const message = `The newest checkpoint is of ${signed} events; a tree of ${known} was remembered: checkpoints were removed.`;
    return [{ kind: "rollback", seq: null, id: null, message }];
  }
  return [];
}

/** Without a checkpoint there is nothing that an event could be held against. */
export function checkVouched({ end }: Bounds, newest: Checkpoint | null): Finding[] {
  if (newest !== null || end === 0) {
    return [];
  }
  const message = `There are ${end} events and no checkpoint: nothing vouches for them.`;
  return [{ kind: "wrong_checkpoint", seq: null, id: null, message }];
}
