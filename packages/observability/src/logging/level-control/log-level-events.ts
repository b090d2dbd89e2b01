import type { Logger } from "../logger.ts";
import type { LogLevelObserver } from "./log-level-control.ts";
import type { LevelSignalObserver } from "./level-signal.ts";

/** A change for a time that is over; who made it, and why, stands in its event. And changes by a signal, which have no event. */
export function createLogLevelEvents(deps: {
  readonly logger: Logger;
}): LogLevelObserver & LevelSignalObserver {
  const logger = deps.logger.child({ component: "logging" });
  const security = deps.logger.child({ component: "logging", log: "security-audit" });
  return {
    switched({ level, forMs }) {
      security.warn({ signal: "SIGUSR2", for_ms: forMs }, `a signal sets the log level to ${level}`);
    },
    switchedBack: () => security.warn({ signal: "SIGUSR2" }, "a signal sets the log level back"),
    reverted({ component, level }) {
      logger.info({ about: component ?? "all components" }, `the log level is ${level} again`);
    },
  };
}
