import type pg from "pg";

/** Intents that one statement looks at. */
const STEP = 50_000;

/**
 * Looks at the intents that have been there for `graceSeconds` or longer: those without an outcome are orphans. Goes
 * along `seq` once, so that its cost is that of the new events; resolves to the number of orphans there are now.
 */
export async function scanOrphans(client: pg.ClientBase, graceSeconds: number): Promise<number> {
  // After a clock that was ahead was set right, nothing would be looked at until it is as late again.
  await client.query(
    "UPDATE gateway_audit_intent_scan SET pending_since = now() WHERE pending_since > now()",
  );
  const { rows } = await client.query<{ scanned: string; pending: string; due: boolean }>(
    `SELECT scanned_seq AS scanned, pending_seq AS pending, now() - pending_since >= $1 * interval '1 second' AS due
     FROM gateway_audit_intent_scan`,
    [graceSeconds],
  );
  const { scanned = "0", pending = "0", due = false } = rows[0] ?? {};
  if (due) {
    for (let from = Number(scanned); from < Number(pending); from += STEP) {
      await collect(client, from, Math.min(from + STEP, Number(pending)));
    }
    await client.query(
      `UPDATE gateway_audit_intent_scan
       SET scanned_seq = pending_seq, pending_since = now(), pending_seq = (SELECT next_seq FROM gateway_audit_head)`,
    );
  }
  return forgetSettled(client);
}

async function collect(client: pg.ClientBase, from: number, to: number): Promise<void> {
  await client.query(
    `INSERT INTO gateway_audit_orphaned_intents (intent_id, seq, "timestamp")
     SELECT intent.id, intent.seq, intent."timestamp" FROM gateway_audit_events AS intent
     WHERE intent.seq >= $1 AND intent.seq < $2 AND intent.phase = 'intent'
       AND NOT EXISTS (SELECT FROM gateway_audit_events AS outcome WHERE outcome.intent_id = intent.id)
     ON CONFLICT DO NOTHING`,
    [from, to],
  );
  await client.query("UPDATE gateway_audit_intent_scan SET scanned_seq = $1", [to]);
}

/** An outcome that came late, after the spool was drained for one, settles its intent; retention drops others. */
async function forgetSettled(client: pg.ClientBase): Promise<number> {
  await client.query(
    `DELETE FROM gateway_audit_orphaned_intents AS orphan
     WHERE EXISTS (SELECT FROM gateway_audit_events AS outcome WHERE outcome.intent_id = orphan.intent_id)
        OR NOT EXISTS (SELECT FROM gateway_audit_events AS intent
                       WHERE intent.id = orphan.intent_id AND intent."timestamp" = orphan."timestamp")`,
  );
  const { rows } = await client.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM gateway_audit_orphaned_intents",
  );
  return rows[0]?.count ?? 0;
}
