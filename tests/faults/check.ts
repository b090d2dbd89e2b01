import pg from "pg";
import { parseKeySet } from "@sark/audit/transparency-log";
import { verifyOnline } from "@sark/audit/verification";
import { checkDelivery, type Arrivals, type DeliveryFindings } from "./check-delivery.ts";
import { readFinished, readOracle, readRefused, type Obligation } from "./oracle.ts";

export const ORIGIN = "sark.example/faults";

export interface Findings {
  readonly events: number;
  readonly acknowledged: number;
  /** Committed although its caller was not told: their callers got an error, or were killed. */
  readonly unacknowledged: number;
  readonly orphanedIntents: number;
  /** Events that the signed tree covers. */
  readonly proven: number;
  readonly deliveries: readonly DeliveryFindings[];
  /** Empty when everything is as it must be. */
  readonly violations: readonly string[];
}

/** What must hold of the table, each as a query that counts what does not. */
const LAWS: Readonly<Record<string, string>> = {
  "numbers are given twice": "SELECT count(*) - count(DISTINCT seq) AS wrong FROM gateway_audit_events",
  "ids stand twice": "SELECT count(*) - count(DISTINCT id) AS wrong FROM gateway_audit_events",
  "numbers are missing, counted from 0 to the head": `SELECT abs(h.next_seq - count(e.seq)) + coalesce(min(e.seq), 0) + abs(h.next_seq - 1 - coalesce(max(e.seq), -1)) AS wrong
     FROM gateway_audit_head AS h LEFT JOIN gateway_audit_events AS e ON true GROUP BY h.next_seq`,
  "leaf hashes are not those of the canonical bytes": `SELECT count(*) AS wrong FROM gateway_audit_events
     WHERE leaf_hash <> sha256('\\x00'::bytea || canonical)`,
  "columns say something else than the canonical bytes": `SELECT count(*) AS wrong
     FROM (SELECT *, convert_from(canonical, 'UTF8')::jsonb AS said FROM gateway_audit_events) AS e
     WHERE (said->>'id', said->>'gateway_request_id', said->>'phase', said->>'user_id', said->>'reason', said->'metadata',
         (said->>'timestamp')::timestamptz, said->>'intent_id')
       IS DISTINCT FROM (id::text, gateway_request_id, phase, user_id, reason, metadata, "timestamp", intent_id::text)`,
  "records were written twice": `SELECT count(*) AS wrong FROM (SELECT FROM gateway_audit_events
     GROUP BY gateway_request_id, phase HAVING count(*) > 1) AS twice`,
  "outcomes stand without their intents": `SELECT count(*) AS wrong FROM gateway_audit_events AS o
     LEFT JOIN gateway_audit_events AS i ON i.id = o.intent_id WHERE o.phase = 'outcome' AND i.id IS NULL`,
};

/** With the database away, a full disk leaves no place for an outcome; no other error explains that one is missing. */
const NO_PLACE = "spool_failed";

/**
 * Acknowledged intents without an outcome, where neither a crash explains them nor an error that their callers got: any
 * of a process that ended by itself, and more than its callers had under way of one that was killed.
 */
async function unended(
  pool: pg.Pool,
  acknowledged: readonly string[],
  finished: readonly number[],
  callers: number,
): Promise<string[]> {
  const { rows } = await pool.query<{ producer: string; pid: number; calls: number }>(
    `SELECT i.metadata->>'producer' AS producer, (i.metadata->>'pid')::int AS pid, count(*)::int AS calls
     FROM gateway_audit_events AS i JOIN unnest($1::uuid[]) AS a (id) ON a.id = i.id
     WHERE i.phase = 'intent' AND NOT EXISTS (SELECT FROM gateway_audit_events AS o WHERE o.intent_id = i.id)
     GROUP BY 1, 2 HAVING count(*) > CASE WHEN (i.metadata->>'pid')::int = ANY($2::int[]) THEN 0 ELSE $3 END ORDER BY 1, 2`,
    [acknowledged, finished, callers],
  );
  return rows.map(({ producer, pid, calls }) => `${calls} calls of ${producer} (${pid}) have no outcome`);
}

/** Holds the database against what the replicas wrote down, against its own laws, and receivers against the database. */
export async function checkRun(
  url: string,
  oracleFiles: readonly string[],
  verifierKey: string,
  arrivals: readonly Arrivals[] = [],
  callers = 1,
): Promise<Findings> {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  // Its connections close when `end` has resolved already: the database may be dropped under them.
  pool.on("error", () => undefined);
  try {
    const violations: string[] = [];
    for (const [law, query] of Object.entries(LAWS)) {
      const wrong = await count(pool, query);
      if (wrong !== 0) {
        violations.push(`${law}: ${wrong}`);
      }
    }
    const obligations = oracleFiles.flatMap(readOracle);
    const ids = new Set(obligations.map(({ id }) => id));
    if (ids.size !== obligations.length) {
      violations.push(`ids were acknowledged twice: ${obligations.length - ids.size}`);
    }
    violations.push(...(await broken(pool, obligations)));
    const refused = oracleFiles.flatMap(readRefused);
    const wrongly = refused.filter(({ code }) => code !== NO_PLACE);
    violations.push(
      ...wrongly.map(({ intentId, code }) => `the outcome of ${intentId} was refused: ${code}`),
    );
    const unplaced = new Set(refused.map(({ intentId }) => intentId));
    const toEnd = [...ids].filter((id) => !unplaced.has(id));
    violations.push(...(await unended(pool, toEnd, oracleFiles.flatMap(readFinished), callers)));
    const verification = await verifyOnline({ pool, keys: parseKeySet(verifierKey), origin: ORIGIN });
    violations.push(
      ...verification.findings.map(({ kind, seq, message }) => `${kind} at ${seq}: ${message}`),
    );
    const deliveries = await Promise.all(arrivals.map((one) => checkDelivery(pool, one)));
    violations.push(...deliveries.flatMap((delivery) => delivery.violations));
    const events = await count(pool, "SELECT count(*) AS wrong FROM gateway_audit_events");
    return {
      events,
      acknowledged: obligations.length,
      unacknowledged: events - ids.size,
      orphanedIntents: await count(
        pool,
        `SELECT count(*) AS wrong FROM gateway_audit_events AS i WHERE phase = 'intent' AND NOT EXISTS
           (SELECT FROM gateway_audit_events AS o WHERE o.intent_id = i.id)`,
      ),
      proven: verification.events,
      deliveries,
      violations,
    };
  } finally {
    await pool.end();
  }
}

async function count(pool: pg.Pool, query: string): Promise<number> {
  const { rows } = await pool.query<{ wrong: string }>(query);
  return Number(rows[0]?.wrong ?? Number.NaN);
}

/** Acknowledged ids that do not stand there exactly once, in their place, with their bytes. */
async function broken(pool: pg.Pool, obligations: readonly Obligation[]): Promise<string[]> {
  const found: string[] = [];
  for (let from = 0; from < obligations.length; from += 10_000) {
    const part = obligations.slice(from, from + 10_000);
    const { rows } = await pool.query<{ id: string; seq: string | null; places: string[] }>(
      `SELECT o.id, o.seq, array_agg(e.seq::text) FILTER (WHERE e.id IS NOT NULL) AS places
       FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS o (id, seq, leaf_hash)
       LEFT JOIN gateway_audit_events AS e ON e.id = o.id AND e.leaf_hash = decode(o.leaf_hash, 'hex')
       GROUP BY o.id, o.seq HAVING count(e.id) <> 1 OR bool_or(e.seq <> o.seq)`,
      [part.map(({ id }) => id), part.map(({ seq }) => seq), part.map(({ leafHash }) => leafHash)],
    );
    found.push(
      ...rows.map(
        ({ id, seq, places }) =>
          `${id} was acknowledged ${seq === null ? "as spooled" : `at ${seq}`} and stands ${places === null ? "nowhere" : `at ${places.join(", ")}`}`,
      ),
    );
  }
  return found;
}
