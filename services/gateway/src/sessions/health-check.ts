import type { HealthCheck } from "@sark/observability/health";
import type { SessionRegistry } from "./session-registry.ts";

/** Says so when there is no room for further sessions: those that are open go on, and so does the gateway. */
export function sessionCheck({ table, limits }: Pick<SessionRegistry, "table" | "limits">): HealthCheck {
  return {
    name: "sessions",
    component: "sessions",
    required: false,
    intervalMs: 5_000,
    async check() {
      const details = { open: table.size, max: limits.max };
      if (table.size >= limits.max) {
        throw new Error(
          `all ${limits.max} places of sessions.max are taken: end sessions, or raise it or lower sessions.idleTimeout`,
        );
      }
      return { details };
    },
  };
}
