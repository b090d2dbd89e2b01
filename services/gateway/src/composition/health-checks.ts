import type { HealthCheck } from "@sark/observability/health";
import type { AuditLog } from "@sark/audit";
import type { PolicyEngine } from "../domain/authorization.ts";
import type { Upstream } from "../domain/upstream.ts";

/** What this gateway needs to do its work. The store and the engine are required: without them every call is refused. */
export function healthChecks(deps: {
  readonly audit: AuditLog;
  readonly auditLog: HealthCheck;
  /** Whether no call goes on while the store is away. */
  readonly auditRequired: boolean;
  readonly policy: PolicyEngine;
  readonly upstreams: readonly Upstream[];
}): HealthCheck[] {
  const { audit, policy } = deps;
  return [
    {
      name: "audit-store",
      component: "database",
      // Where some calls go on without it, readiness must not take them away.
      required: deps.auditRequired,
      intervalMs: 2_000,
      async check(signal) {
        await audit.check(signal).catch(withReason);
        return { details: { ...audit.stats() } };
      },
    },
    deps.auditLog,
    {
      name: "policy",
      component: "policy",
      required: true,
      intervalMs: 2_000,
      async check(signal) {
        await policy.check(signal);
        const { loadError, ...details } = policy.status();
        return loadError === null
          ? { details }
          : { message: `an older policy set is in force: ${loadError}`, details };
      },
      // Also while it is down: people look for it by the engine's name.
      known: () => ({ engine: policy.name }),
    },
    ...deps.upstreams.map((upstream): HealthCheck => ({
      name: `upstream:${upstream.name}`,
      component: "upstream",
      required: false,
      intervalMs: 15_000,
      // Of a server far away the connection alone takes longer than what a store on the same network may.
      timeoutMs: 5_000,
      check: (signal) => upstream.check(signal),
      known: () => upstream.known?.() ?? {},
    })),
  ];
}

/** What the database refused says what to mend: a right, a table, a partition, a trigger. */
function withReason(error: unknown): never {
  const { message, cause } = error as Error;
  if (!(cause instanceof Error) || cause.message === "") {
    throw error;
  }
  throw new Error(`${message.replace(/\.$/, "")}: ${cause.message}`, { cause });
}
