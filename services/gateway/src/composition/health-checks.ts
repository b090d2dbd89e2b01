import type { HealthCheck } from "@sark/observability/health";
import type { AuditLog, WhenDown } from "@sark/audit";
import type { PolicyEngine, Sensitivity } from "../domain/authorization.ts";
import type { Upstream } from "../domain/upstream.ts";

/** What this gateway needs to do its work. The store and the engine are required: without them every call is refused. */
export function healthChecks(deps: {
  readonly audit: AuditLog;
  readonly auditLog: HealthCheck;
  readonly whenDown: Readonly<Record<Sensitivity, WhenDown>>;
  readonly policy: PolicyEngine;
  readonly upstreams: readonly Upstream[];
}): HealthCheck[] {
  const { audit, policy } = deps;
  const modes = new Set(Object.values(deps.whenDown));
  return [
    {
      name: "audit-store",
      component: "database",
      // Where some calls go on without it, readiness must not take them away.
      required: !modes.has("spool") && !modes.has("open"),
      intervalMs: 2_000,
      async check(signal) {
        await audit.check(signal).catch(withReason);
        return { details: { ...audit.stats() } };
      },
    },
    {
      name: "audit-spool",
      component: "database",
      // While the store is away it is what calls go on with; no others do.
      required: modes.has("spool") && !modes.has("open"),
      intervalMs: 2_000,
      async check() {
        try {
          await audit.checkSpool();
        } catch (error) {
          if (!audit.stats().available) {
            withReason(error);
          }
          return { degraded: true, message: reasonOf(error as Error) };
        }
        return { details: { ...audit.stats().spool } };
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

/** What the database or the disk refused says what to mend: a right, a table, a partition, room. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error && cause.message !== ""
    ? `${message.replace(/\.$/, "")}: ${cause.message}`
    : message;
}

function withReason(error: unknown): never {
  throw new Error(reasonOf(error as Error), { cause: error });
}
