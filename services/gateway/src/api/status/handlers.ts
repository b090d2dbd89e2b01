import type { AuditLog } from "@sark/audit";
import type { Health } from "@sark/observability/health";
import type { SessionKind } from "../../domain/sessions.ts";
import type { DrainControl } from "../../draining/drain-control.ts";
import type { GatewayStatus } from "./responses.ts";

export type StatusApi = ReturnType<typeof createStatusApi>;

/** What the status shows of the configuration. */
interface ShownSettings {
  readonly sessions: {
    readonly max: number;
    readonly maxPerPrincipal: number;
    readonly idleTimeout: number;
    readonly maxDuration: number;
  };
  readonly http: { readonly maxRequestsPerCaller: number };
  readonly mcp: { readonly maxStreamsPerCaller: number };
  readonly rateLimits: { readonly rules: readonly unknown[] };
}

/** `/admin/v1/status`: how this replica stands, in figures alone. */
export function createStatusApi(deps: {
  readonly version: string;
  readonly replica: string;
  readonly config: ShownSettings;
  readonly drain: Pick<DrainControl, "status">;
  readonly health: Pick<Health, "ready" | "live">;
  readonly sessions: {
    readonly table: {
      all(): Iterable<{ readonly kind: SessionKind }>;
      principals(): Readonly<Record<"user" | "agent", number>>;
    };
  };
  readonly audit: Pick<AuditLog, "stats">;
  /** `null` where nothing is shared. */
  readonly shared: { readonly status: { readonly up: boolean } } | null;
}) {
  const { version, replica, config, drain, health, sessions, audit, shared } = deps;
  return {
    /** Leaves no record: it holds no events. */
    async status(): Promise<GatewayStatus> {
      const { state, callsRunning, streamsOpen } = drain.status();
      const { status, failing } = (await health.ready()).body;
      const { available, waiting, queueLimit, spool } = audit.stats();
      return {
        version,
        replica,
        uptime_seconds: health.live().uptime_seconds,
        state,
        health: { status, failing },
        calls_running: callsRunning,
        streams_open: streamsOpen,
        sessions: { ...counted(sessions.table), ...limitsOf(config.sessions) },
        limits: {
          requests_per_caller: config.http.maxRequestsPerCaller,
          streams_per_caller: config.mcp.maxStreamsPerCaller,
          rate_limit_rules: config.rateLimits.rules.length,
          shared: shared === null ? "no" : shared.status.up ? "up" : "away",
        },
        audit_store: { available, waiting, queue_limit: queueLimit, spooled_bytes: spool?.bytes ?? null },
      };
    },
  };
}

function counted({ all, principals }: Parameters<typeof createStatusApi>[0]["sessions"]["table"]) {
  const kinds = [...all()].map(({ kind }) => kind);
  const open = kinds.filter((kind) => kind === "session").length;
  const { user, agent } = principals();
  return { open, activities: kinds.length - open, principals: user + agent };
}

function limitsOf({ max, maxPerPrincipal, idleTimeout, maxDuration }: ShownSettings["sessions"]) {
  return {
    max,
    max_per_principal: maxPerPrincipal,
    idle_timeout_seconds: idleTimeout / 1_000,
    max_duration_seconds: maxDuration / 1_000,
  };
}
