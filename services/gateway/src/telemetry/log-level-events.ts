import type { Logger } from "@sark/observability/logging";
import type { LogLevelObserver } from "./log-level-control.ts";

/** A change for a time that is over. Who made it, and why, stands in its event. */
export function createLogLevelEvents(deps: { readonly logger: Logger }): LogLevelObserver {
  const logger = deps.logger.child({ component: "logging" });
  return {
    reverted({ component, level }) {
      logger.info({ about: component ?? "all components" }, `the log level is ${level} again`);
    },
  };
}
