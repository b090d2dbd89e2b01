import { channel } from "node:diagnostics_channel";
import type pg from "pg";

/** Pools of one name in this process, together. */
export interface DatabasePoolFigures {
  readonly name: string;
  readonly size: number;
  readonly inUse: number;
  /** Statements, or transactions, that wait for a connection. */
  readonly waiting: number;
  readonly limit: number;
}

const open = new Map<pg.Pool, string>();
/** Told of the name of a pool that had no connection free for what came. */
export const exhausted = channel("sark:audit:postgres:pool-exhausted");

/** Has the pool watched until it ends. */
export function watchPool(pool: pg.Pool, name: string): void {
  open.set(pool, name);
  const connect = pool.connect.bind(pool) as (...given: unknown[]) => unknown;
  pool.connect = ((...given: unknown[]) => {
    if (pool.idleCount === 0 && pool.totalCount >= pool.options.max) {
      exhausted.publish(name);
    }
    return connect(...given);
  }) as typeof pool.connect;
  const end = pool.end.bind(pool) as (...given: unknown[]) => unknown;
  pool.end = ((...given: unknown[]) => {
    open.delete(pool);
    return end(...given);
  }) as typeof pool.end;
}

/** The pools that are open in this process. */
export function databasePools(): DatabasePoolFigures[] {
  const figures = new Map<string, DatabasePoolFigures>();
  for (const [pool, name] of open) {
    const { size, inUse, waiting, limit } = figures.get(name) ?? NONE;
    figures.set(name, {
      name,
      size: size + pool.totalCount,
      inUse: inUse + pool.totalCount - pool.idleCount,
      waiting: waiting + pool.waitingCount,
      limit: limit + pool.options.max,
    });
  }
  return [...figures.values()];
}

const NONE = { size: 0, inUse: 0, waiting: 0, limit: 0 };
