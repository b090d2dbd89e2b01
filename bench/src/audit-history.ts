import { wait } from "@sark/observability/waiting";
import { PEER_SESSION_REVISION } from "@sark/testkit";
import pg from "pg";

const DAYS = 30;
export const USERS = 5_000;
export const TOOLS = 300;
export const SERVERS = 20;
export const AGENTS = 500;

/** Users and tools are asked for as often as they are used: a few make most of the calls. */
export function skewed(count: number): number {
  return Math.floor(Math.random() ** 3 * count);
}

/** A request as it stands in the history; each is an intent and its outcome, or was denied, and asked once more. */
export function requestId(call: number): string {
  return `5f3a9c1e-7c1d-4f7e-9d55-${String(call).padStart(12, "0")}`;
}

/**
 * Fills a migrated, empty database with `rows` events of the last 30 days, a partition a day, in order of time. Indexes
 * are made afterwards, as a benchmark has no hours to wait; statistics and visibility are as a running server keeps them.
 */
export async function fillHistory(
  url: string,
  rows: number,
  progress: (line: string) => void,
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await makePartitions(client);
    const indexes = await dropIndexes(client);
    progress(`writing ${rows.toLocaleString("en")} events …`);
    const calls = rows / 2;
    const half = Math.ceil(calls / 2);
    await Promise.all([insertCalls(url, 0, half, calls), insertCalls(url, half, calls, calls)]);
    await client.query("UPDATE gateway_audit_head SET next_seq = $1", [rows]);
    progress("making the indexes …");
    await makeIndexes(url, indexes);
    progress("vacuuming …");
    await client.query("VACUUM (ANALYZE) gateway_audit_events");
    await client.query("CHECKPOINT");
    // What was written goes to the disk now, and not while something is measured.
    await wait(1_000);
  } finally {
    await client.end();
  }
}

/** One more than the days there are: the history touches 31 dates. Tomorrow's are the log's own affair. */
async function makePartitions(client: pg.Client): Promise<void> {
  await client.query(`
    DO $$
    DECLARE day timestamptz;
    BEGIN
      FOR back IN 0..${DAYS} LOOP
        day := date_trunc('day', now(), 'UTC') - make_interval(days => back);
        EXECUTE format('CREATE TABLE gateway_audit_events_p%s PARTITION OF gateway_audit_events FOR VALUES FROM (%L) TO (%L)',
          to_char(day AT TIME ZONE 'UTC', 'YYYYMMDD'), day, day + interval '1 day');
      END LOOP;
    END $$`);
}

/** Resolves to the statements that make them again. */
async function dropIndexes(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ drop: string; make: string }>(`
    SELECT coalesce('ALTER TABLE gateway_audit_events DROP CONSTRAINT ' || c.conname, 'DROP INDEX ' || i.indexrelid::regclass) AS drop,
      coalesce('ALTER TABLE gateway_audit_events ADD CONSTRAINT ' || c.conname || ' ' || pg_get_constraintdef(c.oid),
        replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ')) AS make
    FROM pg_index AS i LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid
    WHERE i.indrelid = 'gateway_audit_events'::regclass`);
  for (const { drop } of rows) {
    await client.query(drop);
  }
  return rows.map(({ make }) => make);
}

/** Two at a time; the key comes first, as nothing may be made beside it. */
async function makeIndexes(url: string, statements: readonly string[]): Promise<void> {
  const waiting = statements.toSorted();
  const make = async (times: number): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await client.query("SET maintenance_work_mem = '512MB'");
      for (let made = 0; made < times; made += 1) {
        const statement = waiting.shift();
        if (statement === undefined) {
          return;
        }
        await client.query(statement);
      }
    } finally {
      await client.end();
    }
  };
  // "ALTER TABLE … PRIMARY KEY" sorts before "CREATE INDEX".
  await make(1);
  await Promise.all([make(statements.length), make(statements.length)]);
}

/** The calls `from … to-1` of `calls`, each an intent and its outcome. */
async function insertCalls(url: string, from: number, to: number, calls: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("SET synchronous_commit = off");
    await client.query(
      `INSERT INTO gateway_audit_events (id, seq, event_type, user_id, agent_id, server_name, tool_name, decision, reason,
         "timestamp", gateway_request_id, metadata, created_at, phase, outcome, intent_id, tenant_id, sensitivity,
         duration_ms, policy, canonical, leaf_hash)
       SELECT id, seq, 'tool_invoke', user_id, agent_id, server_name, tool_name, decision, 'Permitted by developers-may-read.',
         at, request, metadata, at, phase, outcome, intent_id, 'acme', 'low', 12.5, policy, canonical,
         sha256('\\x00'::bytea || canonical)
       FROM (
         SELECT *, convert_to(json_build_object('created_at', at, 'decision', decision, 'event_type', 'tool_invoke',
           'gateway_request_id', request, 'id', id, 'metadata', metadata, 'phase', phase, 'policy', policy,
           'reason', 'Permitted by developers-may-read.', 'sensitivity', 'low', 'server_name', server_name,
           'tenant_id', 'acme', 'timestamp', at, 'tool_name', tool_name, 'user_id', user_id)::text, 'UTF8') AS canonical
         FROM (
           SELECT call.*, 2 * n + part AS seq, CASE part WHEN 0 THEN intent ELSE gen_random_uuid() END AS id,
             CASE WHEN part = 1 AND NOT denied THEN intent END AS intent_id,
             CASE WHEN denied THEN 'deny' ELSE 'allow' END AS decision,
             CASE WHEN denied THEN 'denied' WHEN part = 1 THEN 'ok' END AS outcome,
             CASE WHEN denied THEN 'decision' WHEN part = 0 THEN 'intent' ELSE 'outcome' END AS phase,
             jsonb_build_object('method', 'tools/call', 'jsonrpc_id', n, 'protocol_version', '${PEER_SESSION_REVISION}',
               'reason_code', 'allowed') AS metadata,
             '{"engine":"cedar","ids":["developers-may-read"],"revision":"6d1f0c4b9a"}'::jsonb AS policy
           FROM (
             SELECT n, n % 50 = 0 AS denied, gen_random_uuid() AS intent,
               now() - interval '${DAYS} days' * (1 - n / $3::float8) AS at,
               'user-' || floor(power(random(), 3) * ${USERS}) AS user_id,
               CASE n % 4 WHEN 0 THEN 'agent-' || floor(power(random(), 3) * ${AGENTS}) END AS agent_id,
               'server-' || floor(power(random(), 3) * ${SERVERS}) AS server_name,
               'tool-' || floor(power(random(), 3) * ${TOOLS}) AS tool_name,
               '5f3a9c1e-7c1d-4f7e-9d55-' || lpad(n::text, 12, '0') AS request
             FROM generate_series($1::bigint, $2::bigint - 1) AS n
           ) AS call CROSS JOIN generate_series(0, 1) AS part
         ) AS event
       ) AS written`,
      [from, to, calls],
    );
  } finally {
    await client.end();
  }
}
