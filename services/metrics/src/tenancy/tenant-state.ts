import { LRUCache } from "lru-cache";
import type { Database } from "../database/database.ts";

/** Which tenants there are, as tokens name them: their issuer does not know. */
export interface TenantStates {
  /** Whether there is such a tenant, and it is not suspended. */
  isActive(tenant: string): Promise<boolean>;
  forget(): void;
}

const REMEMBERED_MS = 5_000;
const MAX_REMEMBERED = 10_000;

export function createTenantStates(database: Pick<Database, "asTenant">): TenantStates {
  const remembered = new LRUCache<string, boolean>({ max: MAX_REMEMBERED, ttl: REMEMBERED_MS });
  let generation = 0;
  return {
    async isActive(tenant) {
      const known = remembered.get(tenant);
      if (known !== undefined) {
        return known;
      }
      const asOf = generation;
      const { rows } = await database.asTenant("authenticate", tenant, (tx) =>
        tx.query<{ active: boolean }>(
          "SELECT suspended_at IS NULL AS active FROM metrics.tenants WHERE tenant_id = $1",
          [tenant],
        ),
      );
      const active = rows[0]?.active === true;
      // What was read before a suspension must not be remembered after it.
      if (asOf === generation) {
        remembered.set(tenant, active);
      }
      return active;
    },
    forget() {
      generation += 1;
      remembered.clear();
    },
  };
}
