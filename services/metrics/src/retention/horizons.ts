import { LRUCache } from "lru-cache";
import type { Database } from "../database/database.ts";

/** Before which events of a tenant are not taken any more: they are deleted, or will be soon. */
export interface EventHorizons {
  /** Unix milliseconds; 0: there is none yet. At most some seconds old. */
  of(tenant: string): Promise<number>;
}

const REMEMBERED_MS = 5_000;
const MAX_REMEMBERED = 10_000;

export function createEventHorizons(
  database: Pick<Database, "asTenant">,
  remember: number = REMEMBERED_MS,
): EventHorizons {
  const remembered = new LRUCache<string, number>({ max: MAX_REMEMBERED, ttl: remember });
  return {
    async of(tenant) {
      const known = remembered.get(tenant);
      if (known !== undefined) {
        return known;
      }
      const { rows } = await database.asTenant("retention", tenant, (tx) =>
        tx.query<{ horizon: Date }>("SELECT horizon FROM metrics.retention_states WHERE tenant_id = $1", [
          tenant,
        ]),
      );
      const horizon = rows[0]?.horizon.getTime() ?? 0;
      remembered.set(tenant, horizon);
      return horizon;
    },
  };
}
