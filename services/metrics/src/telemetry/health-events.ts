import type { HealthObserver } from "@sark/observability/health";
import type { Logger } from "@sark/observability/logging";

/** A line for each change of what the service depends on: readiness itself says no reason. */
export function createHealthEvents(deps: { readonly logger: Logger }): HealthObserver {
  const logger = deps.logger.child({ component: "health" });
  return {
    statusChanged({ name, required, from, to, error }) {
      const fields = { dependency: name, required, from, to };
      if (error === null) {
        logger.info(fields, "a dependency works");
      } else if (to === "down" && required) {
        logger.error({ ...fields, error }, "a dependency that readiness needs is down");
      } else {
        logger.warn({ ...fields, error }, "a dependency does not work");
      }
    },
  };
}
