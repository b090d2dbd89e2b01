import type { HealthCheck } from "@sark/observability/health";
import type { SharedState } from "./shared-state.ts";

/** Optional: while it is away, each replica decides by itself, and says so. */
export function sharedStateCheck(
  state: SharedState,
  consequence = "limits are those of each replica, and so are sessions",
): HealthCheck {
  return {
    name: "shared-state",
    component: "cache",
    required: false,
    intervalMs: 1_000,
    async check() {
      const { up, problem, since } = state.status;
      if (!up) {
        throw new Error(`${consequence}, since ${new Date(since).toISOString()}: ${problem}`);
      }
    },
  };
}
