import pg from "pg";
import { tellConnected } from "./connected.ts";
import { watchPool } from "./open-pools.ts";
import { fixSession } from "./session-defaults.ts";
import { timeStatements } from "./timed-statements.ts";

/** Connections to the audit database. */
export type Pool = pg.Pool;

/** What a pool is opened with. */
export interface PoolOptions {
  readonly connectionString: string;
  /** How the database names the connections to its operators (`application_name`). */
  readonly name: string;
  /** Statements at once; others wait. */
  readonly maxConnections: number;
  /**
   * For a statement, in milliseconds. Default: no limit. Where rows are copied there must be none: the driver never ends
   * the timer of a copy.
   */
  readonly statementTimeoutMs?: number;
  /** To open a connection, in milliseconds. Default: as long as a statement may take, or 10,000. */
  readonly connectTimeoutMs?: number;
  /** A process that stands still in the middle of a transaction loses it after so long, in milliseconds. Default: never. */
  readonly leaseMs?: number;
}

/** The client gives up on a statement this long after the server should have ended it, in milliseconds. */
const GRACE_MS = 1_000;
const IDLE_MS = 30_000;
const CONNECT_MS = 10_000;

/** Connections that are opened when they are needed and closed when they are not used. A broken one is replaced. */
export function createPool(options: PoolOptions): Pool {
  const { connectionString, name, statementTimeoutMs, leaseMs } = options;
  const pool = new pg.Pool({
    connectionString,
    max: options.maxConnections,
    application_name: name,
    connectionTimeoutMillis: options.connectTimeoutMs ?? statementTimeoutMs ?? CONNECT_MS,
    ...(statementTimeoutMs === undefined
      ? {}
      : {
          statement_timeout: statementTimeoutMs,
          // A server that is stopped or unreachable does not enforce its own limit.
          query_timeout: statementTimeoutMs + GRACE_MS,
        }),
    // Its type does not say so, but the pool waits for it, and gives no connection out where it fails.
    onConnect: (client): unknown =>
      fixSession(client, leaseMs === undefined ? undefined : { inTransactionMs: leaseMs }),
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  watchPool(pool, name);
  // An idle connection that breaks; the next statement opens another, or tells that the database is away.
  pool.on("error", () => undefined);
  // A connection may end in the moment that it is opened, before its user can listen.
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
    timeStatements(client);
    tellConnected(client);
  });
  return pool;
}

/**
 * Runs `work` on one connection of the pool. When `work` fails the connection is closed: what it is worth is then not
 * known, and the locks that it holds end with it.
 */
export async function withClient<T>(pool: Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  // A connection that breaks while it is idle tells so by an event; the next statement tells it again.
  client.on("error", ignore);
  let failed: Error | undefined;
  try {
    return await work(client);
  } catch (error) {
    failed = error as Error;
    throw error;
  } finally {
    client.off("error", ignore);
    client.release(failed);
  }
}

function ignore(): void {}
