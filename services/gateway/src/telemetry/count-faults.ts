import { countFaults as countWarnings, type Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { GatewayCatalog } from "./catalog.ts";
import { knownErrorType } from "./known-values.ts";

/** A logger whose warnings and errors count, whether their component's level has them written or not. */
export function countFaults(logger: Logger, recorder: Recorder<GatewayCatalog>): Logger {
  return countWarnings(logger, {
    component: "sark-gateway",
    count: ({ component, type, severity }) =>
      recorder.increment("sark_gateway_errors_total", { component, type, severity }),
    knownType: knownErrorType,
  });
}
