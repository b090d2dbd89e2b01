import pg from "pg";
import type { GatewayUnderTest } from "./gateway-under-test.ts";

/** A row of `gateway_audit_events`, as far as tests look at it. */
export interface AuditRow {
  readonly id: string;
  readonly seq: string;
  readonly event_type: string;
  readonly user_id: string | null;
  readonly agent_id: string | null;
  readonly server_name: string | null;
  readonly tool_name: string | null;
  readonly decision: string;
  readonly reason: string;
  readonly gateway_request_id: string;
  readonly phase: string;
  readonly outcome: string | null;
  readonly intent_id: string | null;
  readonly duration_ms: number | null;
  readonly tenant_id: string | null;
  readonly trace_id: string | null;
  readonly session_id: string | null;
  readonly client_address: string | null;
  readonly credential: string | null;
  readonly submitted_by: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly policy: {
    readonly engine: string;
    readonly ids: string[];
    readonly revision: string | null;
  } | null;
}

/** Rows that match, in the order of their commits; `where` is SQL. */
export async function auditRows(
  databaseUrl: string,
  where = "true",
  ...values: unknown[]
): Promise<AuditRow[]> {
  const { rows } = await poolOf(databaseUrl).query<AuditRow>(
    `SELECT * FROM gateway_audit_events WHERE ${where} ORDER BY gateway_audit_events.seq`,
    values,
  );
  return rows;
}

/** Bodies of what is kept beside an event, by kind. */
export async function auditPayloads(databaseUrl: string, eventId: string): Promise<Record<string, unknown>> {
  const { rows } = await poolOf(databaseUrl).query<{ kind: string; body: Buffer | null }>(
    "SELECT kind, body FROM gateway_audit_payloads WHERE event_id = $1",
    [eventId],
  );
  return Object.fromEntries(
    rows.map(({ kind, body }) => [
      kind,
      body === null ? null : (JSON.parse(body.toString("utf8")) as unknown),
    ]),
  );
}

const pools = new Map<string, pg.Pool>();

/**
 * Keeps its connections: tests ask again and again until something is there, and a new one costs the database more
 * than ten of the questions. Ends with its database, which is dropped under it.
 */
function poolOf(connectionString: string): pg.Pool {
  let pool = pools.get(connectionString);
  if (pool === undefined) {
    pool = new pg.Pool({ connectionString, idleTimeoutMillis: 30_000, allowExitOnIdle: true });
    // A database that is dropped or killed under it.
    pool.on("error", () => undefined);
    pools.set(connectionString, pool);
  }
  return pool;
}

/** The value of every series, as `/metrics` writes them: `name{label="value"}`. */
export async function series(gateway: GatewayUnderTest): Promise<ReadonlyMap<string, number>> {
  const { body } = await gateway.gateway.telemetry.recorder.expose();
  const found = new Map<string, number>();
  for (const line of String(body).split("\n")) {
    const match = /^([a-z0-9_]+(?:\{.*\})?) (\S+)/.exec(line);
    if (match?.[1] !== undefined) {
      found.set(match[1], Number(match[2]));
    }
  }
  return found;
}

/** The sum of a metric's series that have these labels. */
export async function metric(
  gateway: GatewayUnderTest,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  let sum = 0;
  for (const [key, value] of await series(gateway)) {
    const [found, rest = ""] = key.split("{");
    if (found === name && wanted.every((pair) => rest.includes(pair))) {
      sum += value;
    }
  }
  return sum;
}

/** What every series of a counter has grown by since `before`; those that have not grown are left out. */
export async function growth(
  gateway: GatewayUnderTest,
  name: string,
  before: ReadonlyMap<string, number>,
): Promise<Record<string, number>> {
  const grown: Record<string, number> = {};
  for (const [key, value] of await series(gateway)) {
    const more = value - (before.get(key) ?? 0);
    if (key.split("{")[0] === name && more > 0) {
      grown[key.slice(name.length)] = more;
    }
  }
  return grown;
}
