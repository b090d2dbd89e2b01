/** One dependency, and how to find out whether it works. */
export interface HealthCheck {
  /** Unique, e.g. `postgres` or `upstream:everything`. */
  readonly name: string;
  /** What it belongs to, as shown and filtered: `database`, `policy`, `siem`, `cache`, `upstream`, … */
  readonly component: string;
  /** Without it this replica cannot do its work: readiness turns 503. Others only degrade. */
  readonly required: boolean;
  /** Hard limit in milliseconds, also for a check that ignores its signal. Default 900. */
  readonly timeoutMs?: number;
  /** Time between the end of one check and the next, in the background. Default 5000. */
  readonly intervalMs?: number;
  /** A result older than this is no result: the check reads `unknown`. Default: three intervals and three timeouts. */
  readonly maxStaleMs?: number;
  /** Resolves when it works, rejects with the reason. `message` and `details` are shown to operators. */
  check(signal: AbortSignal): Promise<void | CheckResult>;
  /**
   * What this process knows of it without asking: shown among the details as it is at that moment, also when the check
   * fails or hangs. Called for every report: it must be quick.
   */
  known?(): Readonly<Record<string, unknown>>;
}

/**
 * What a check that succeeded says of its component. `message` is one sentence for people; secrets are taken out of
 * both.
 */
export interface CheckResult {
  readonly message?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** It works, and will not, or in part only: the status is `degraded`, and `message` says why. */
  readonly degraded?: true;
  /** It is on its way and nothing is known yet: neither a success nor a failure. The status stays as it was. */
  readonly pending?: true;
}

/** Told of what becomes of components. Must not throw. */
export interface HealthObserver {
  /** `error`: what the last check failed with; `null` where it succeeded. */
  statusChanged(event: {
    readonly name: string;
    readonly required: boolean;
    readonly from: HealthStatus;
    readonly to: HealthStatus;
    readonly error: unknown;
  }): void;
}

/** `unknown`: not checked yet, or so long ago that the result says nothing. */
export type HealthStatus = "ok" | "degraded" | "down" | "unknown";

/** Whether the process itself lives; looks at nothing else. */
export interface LiveReport {
  readonly status: "ok";
  readonly version: string;
  readonly uptime_seconds: number;
}

/** Body of the readiness probe. */
export interface ReadyReport {
  readonly status: HealthStatus;
  readonly draining: boolean;
  readonly version: string;
  /** Names of the checks that are not ok, by status. */
  readonly failing: Readonly<Record<string, HealthStatus>>;
}

/** How one component stands, as the health page shows it. Times are RFC 3339 in UTC, durations in milliseconds. */
export interface ComponentReport {
  readonly name: string;
  readonly component: string;
  readonly required: boolean;
  readonly status: HealthStatus;
  /** How long the last check took, in milliseconds; `null` before the first one. */
  readonly latency_ms: number | null;
  /** RFC 3339, UTC. */
  readonly last_checked: string | null;
  readonly last_success: string | null;
  readonly last_failure: string | null;
  /** Why the last failure was one; secrets redacted. */
  readonly last_failure_message: string | null;
  readonly consecutive_failures: number;
  /** What it says of itself; the reason while it is not well. `null` when it is, and says nothing. */
  readonly message: string | null;
  readonly details: Readonly<Record<string, unknown>> | null;
}

/** Body of the health page: every component, and the worst of what they say. */
export interface DetailedReport {
  readonly status: HealthStatus;
  readonly draining: boolean;
  readonly version: string;
  readonly uptime_seconds: number;
  readonly components: readonly ComponentReport[];
}

/** An HTTP status code, 200 or 503, and the JSON body that goes with it. */
export interface HealthResponse<B> {
  readonly status: 200 | 503;
  readonly body: B;
}
