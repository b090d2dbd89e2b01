import { createFairQueue } from "@sark/scheduling";
import type { Database } from "./database.ts";

/**
 * For reads that may take long, as those that count the events of a tenant: half of the connections are for these, half of that for one
 * tenant, and tenants take turns. A tenant that asks for many at once waits for its own, and what others ask for finds a connection.
 */
export function inTurn(
  database: Pick<Database, "asTenant">,
  maxConnections: number,
): Pick<Database, "asTenant"> {
  const atOnce = Math.max(1, Math.floor(maxConnections / 2));
  const turns = createFairQueue({ atOnce, perSource: Math.max(1, Math.ceil(atOnce / 2)) });
  return {
    asTenant: (type, tenant, work) => turns.run(tenant, () => database.asTenant(type, tenant, work)),
  };
}
