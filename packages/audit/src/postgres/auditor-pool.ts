import { createPool, type Pool } from "./pool.ts";

/**
 * One connection for who checks the log from outside, opened when it is needed. Its statements have no time limit: to
 * verify a log is to read whole tables, and the driver never ends the timer of a copy.
 */
export function createAuditorPool(connectionString: string): Pool {
  return createPool({ connectionString, name: "sark-audit-verify", maxConnections: 1 });
}
