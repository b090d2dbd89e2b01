import { createLogger, type Logger } from "@sark/observability/logging";

/** A logger of which nothing is read: for tests that look at metrics. */
export function silentLogger(): Logger {
  return createLogger({
    service: "test",
    environment: "test",
    version: "0",
    level: "fatal",
    destination: { write: () => {} },
  });
}
