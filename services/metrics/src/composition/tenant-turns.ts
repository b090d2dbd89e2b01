import { createRightOfWay, type RightOfWay } from "@sark/scheduling";
import type { Database } from "../database/database.ts";
import { inTurn } from "../database/in-turn.ts";
import { createActivityQueries } from "../kpis/activity.ts";
import { createScoreQueries } from "../kpis/scores.ts";
import { createTopUserQueries } from "../kpis/top-users.ts";

/**
 * Batches give way to short requests of other tenants: for as long as this when they are read, and again when they are written. In milliseconds;
 * far below what senders wait for.
 */
const GIVING_WAY = { maxWaitMs: 200, shortMs: 100 };

/** What keeps the work of a tenant from being in the way of the others'. */
export interface TenantTurns {
  readonly rightOfWay: RightOfWay;
  /** For reads that may take long. */
  readonly reads: Pick<Database, "asTenant">;
}

export function createTenantTurns(database: Database, maxConnections: number): TenantTurns {
  return { rightOfWay: createRightOfWay(GIVING_WAY), reads: inTurn(database, maxConnections) };
}

/** Queries of KPIs over spans of time. */
export function createKpiQueries(reads: TenantTurns["reads"]) {
  return {
    activity: createActivityQueries(reads),
    scores: createScoreQueries(reads),
    topUsers: createTopUserQueries(reads),
  };
}
