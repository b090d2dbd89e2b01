import type { SharedState } from "@sark/shared-state";
import type { MetricsConfig } from "../config/schema.ts";
import type { Database } from "../database/database.ts";
import type { IngestListener } from "../domain/ingest.ts";
import type { CurrentKpis, CurrentKpiSource } from "../domain/kpis.ts";
import { createLiveApi, type LiveApi } from "../api/live/handlers.ts";
import { createHandshakes } from "../live/handshake.ts";
import { createLive } from "../live/live.ts";
import { createLocalStreams } from "../live/stream/local-streams.ts";
import { createSharedStreams } from "../live/stream/shared-streams.ts";
import type { Authenticator } from "../tenancy/authenticator.ts";
import { createLiveTickets, type LiveTickets } from "../tenancy/live-tickets.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";

/** Well within a second, all together. */
const COALESCE_MS = 100;
const LEAST_MS = 200;
/** Windows of time move on, and other processes write, without a word to this one. */
const REFRESH_MS = 10_000;
const RECHECK_MS = 2_000;
const SPREAD_MS = 5_000;

export interface LiveParts {
  readonly api: LiveApi;
  readonly tickets: LiveTickets;
  readonly ingested: IngestListener;
  /** Keys or tenants were changed by this process. */
  credentialsChanged(): void;
  close(timeoutMs: number): Promise<void>;
}

/** Live updates, from commits to connections. */
export function startLive(
  config: MetricsConfig["live"],
  deps: {
    readonly database: Database;
    readonly kpis: CurrentKpiSource;
    readonly shared: SharedState | null;
    readonly telemetry: Pick<Telemetry, "live">;
    readonly authenticator: Authenticator;
  },
): LiveParts {
  const { database, telemetry, authenticator, kpis, shared } = deps;
  const live = createLive({
    streams:
      shared === null ? createLocalStreams(config.history) : createSharedStreams(shared, config.history),
    readKpis: async (tenant) => shown(await kpis.current(tenant)),
    observer: telemetry.live,
    heartbeatMs: config.heartbeat,
    stallMs: config.stallTimeout,
    maxConnections: config.maxConnections,
    maxConnectionsPerTenant: config.maxConnectionsPerTenant,
    coalesceMs: COALESCE_MS,
    leastMs: LEAST_MS,
    refreshMs: REFRESH_MS,
    recheckMs: RECHECK_MS,
    maxUnknownMs: config.credentialTimeout,
    spreadMs: SPREAD_MS,
  });
  const tickets = createLiveTickets(database);
  return {
    api: createLiveApi({ live, handshakes: createHandshakes(), tickets, authenticator }),
    tickets,
    ingested: live.ingested,
    credentialsChanged: () => void live.recheck(),
    close: (timeoutMs) => live.close(timeoutMs),
  };
}

/** Without the moment, which is another one each time. */
function shown({ activeUsers, events, scores }: CurrentKpis) {
  return { active_users: activeUsers, activity: { last_hour: events }, scores };
}
