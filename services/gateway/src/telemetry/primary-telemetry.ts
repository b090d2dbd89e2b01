import { createLogger, type StandardOutput } from "@sark/observability/logging";
import type { GatewayConfig } from "../config/schema.ts";
import { version } from "../product/version.ts";
import type { WorkersObserver } from "../workers/observer.ts";
import { createLifecycleEvents, type LifecycleEvents } from "./lifecycle-events.ts";
import { logOutput } from "@sark/service-start/logs";

/** What the process tells that starts the workers. It writes no files and serves no metrics: those are the workers'. */
export interface PrimaryTelemetry {
  /** Where lines go, those of the workers, too. */
  readonly output: StandardOutput;
  readonly workers: WorkersObserver;
  readonly lifecycle: Pick<LifecycleEvents, "databaseAwaited">;
}

export function createPrimaryTelemetry(
  config: Pick<GatewayConfig, "environment" | "logging">,
): PrimaryTelemetry {
  const output = logOutput(config.logging);
  const logger = createLogger({
    service: "sark-gateway",
    environment: config.environment,
    version,
    level: config.logging.level,
    hideEmails: config.logging.hideEmails,
    destination: config.logging.stdout ? [output] : [],
  }).child({ component: "workers" });
  return {
    output,
    workers: {
      serving: (worker, pid) => logger.info({ worker, pid }, "worker serving"),
      unreachable: (worker, error) => logger.error({ error, worker }, "a worker cannot be reached"),
      ended: (worker, code, waitMs) =>
        logger.error(
          { worker, exit_code: code, wait_ms: waitMs },
          "a worker ended; another one takes its place",
        ),
      endedBadly: (worker, code) =>
        logger.error({ worker, exit_code: code }, "a worker did not end as it should"),
    },
    lifecycle: createLifecycleEvents({ logger, worker: null }),
  };
}
