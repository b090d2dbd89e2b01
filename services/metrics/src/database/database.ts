import { createPool, inTransaction, withClient, type Queryable } from "@sark/audit/postgres";
import { sampledTrace } from "@sark/observability/tracing";
import { checkServiceRole } from "./check-role.ts";
import type { DatabaseObserver } from "./observer.ts";
import type { QueryType } from "./query-types.ts";
import { ROLES_OF_DATABASE } from "./roles.ts";

export type { Queryable };

/** What waits for the commit of each transaction that is under way. */
const commits = new WeakMap<Queryable, (() => void)[]>();

/** Has this done once the transaction is committed, and not at all where it is not. It must not throw. */
export function afterCommit(tx: Queryable, work: () => void): void {
  commits.get(tx)?.push(work);
}

/** Transactions of the service's own role. There is no other way to a statement. */
export interface Database {
  /**
   * A transaction that sees and writes rows of this tenant alone, whatever its statements say. The tenant is set for the
   * transaction, and so no connection of the pool carries it to another one.
   */
  asTenant<T>(type: QueryType, tenant: string, work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** A transaction of all tenants: for the platform's administration, and for jobs. */
  asPlatform<T>(type: QueryType, work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** A transaction that sees no rows of any tenant: for the functions that find out whose a key is. */
  withoutTenant<T>(type: QueryType, work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** Connections of the pool. */
  readonly pool: { readonly total: number; readonly idle: number; readonly waiting: number };
  /** Rejects where the database does not respond, over a connection of its own: a pool that is in full use is no fault of the database. */
  check(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Of the service's own login, or of one that may take its role. */
  readonly connectionString: string;
  readonly maxConnections: number;
  readonly statementTimeoutMs: number;
  /** A process that stands still in the middle of a transaction loses it, and its locks, after so long, in milliseconds. Default 60,000. */
  readonly leaseMs?: number;
  readonly observer: DatabaseObserver;
}

const POOL_NAME = "sark-metrics";
/** Within a transaction, pieces of a long batch give way to others. */
const LEASE_MS = 60_000;
/** Less than the time limit of a health check, which then can say what it was. */
const CHECK_MS = 800;

/** Rejects where the role that it connects as could see more than one tenant. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { observer } = options;
  const pool = createPool({
    connectionString: asServiceRole(options.connectionString),
    name: POOL_NAME,
    maxConnections: options.maxConnections,
    statementTimeoutMs: options.statementTimeoutMs,
    leaseMs: options.leaseMs ?? LEASE_MS,
  });
  const probe = createPool({
    connectionString: asServiceRole(options.connectionString),
    name: "sark-metrics-health",
    maxConnections: 1,
    statementTimeoutMs: CHECK_MS,
  });

  async function run<T>(
    type: QueryType,
    tenant: string | null,
    begin: (tx: Queryable) => Promise<unknown>,
    work: (tx: Queryable) => Promise<T>,
  ): Promise<T> {
    const started = performance.now();
    let failed = true;
    const committed: (() => void)[] = [];
    try {
      const result = await withClient(pool, async (client) => {
        commits.set(client, committed);
        return inTransaction(client, async () => {
          await begin(client);
          return work(client);
        });
      });
      failed = false;
      committed.forEach((told) => told());
      return result;
    } finally {
      observer.transactionEnded({ type, tenant, seconds: (performance.now() - started) / 1_000, failed });
    }
  }

  const database: Database = {
    asTenant(type, tenant, work) {
      if (tenant === "") {
        throw new TypeError("a transaction of a tenant names the tenant");
      }
      return run(type, tenant, (tx) => setLocally(tx, { "metrics.tenant": tenant, ...nameOfTrace() }), work);
    },
    asPlatform: (type, work) =>
      run(type, null, (tx) => setLocally(tx, { role: ROLES_OF_DATABASE.platform, ...nameOfTrace() }), work),
    withoutTenant: (type, work) => run(type, null, (tx) => setLocally(tx, nameOfTrace()), work),
    get pool() {
      return { total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount };
    },
    async check(signal) {
      signal.throwIfAborted();
      await probe.query("SELECT 1");
    },
    async close() {
      await Promise.all([pool.end(), probe.end()]);
    },
  };
  try {
    await database.withoutTenant("health", checkServiceRole);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

/** Settings until the transaction ends, in one statement. */
async function setLocally(tx: Queryable, settings: Readonly<Record<string, string>>): Promise<void> {
  const names = Object.keys(settings);
  if (names.length > 0) {
    const calls = names.map((_, at) => `set_config($${2 * at + 1}, $${2 * at + 2}, true)`);
    await tx.query(
      `SELECT ${calls.join(", ")}`,
      names.flatMap((name) => [name, settings[name]]),
    );
  }
}

/** The database shows its operators in which trace a transaction is, where that is sampled. */
function nameOfTrace(): Readonly<Record<string, string>> {
  const trace = sampledTrace();
  return trace === undefined ? {} : { application_name: `${POOL_NAME}/${trace.traceId}-${trace.spanId}` };
}

/** A connection of another login begins as the service's role, and a reset goes back to that. */
function asServiceRole(connectionString: string): string {
  const url = new URL(connectionString);
  if (decodeURIComponent(url.username) === ROLES_OF_DATABASE.service) {
    return connectionString;
  }
  const before = url.searchParams.get("options");
  url.searchParams.set(
    "options",
    `${before === null ? "" : `${before} `}-c role=${ROLES_OF_DATABASE.service}`,
  );
  return url.href;
}
