import type { SlowStatement } from "@sark/audit/telemetry";
import { limitLines, type Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { Stall } from "@sark/observability/profiling";
import type { RuntimeCatalog } from "./runtime-catalog.ts";

/** What is slow is often slow at once, and many times. */
const LIMIT = { lines: 60, perMs: 60_000 };

/** What slows the process, or its database, down. */
export interface RuntimeEvents {
  stalled(stall: Stall): void;
  slowStatement(statement: SlowStatement): void;
}

export function createRuntimeEvents(deps: {
  readonly recorder: Recorder<RuntimeCatalog>;
  readonly logger: Logger;
}): RuntimeEvents {
  const { recorder } = deps;
  const stalls = limitLines(deps.logger.child({ component: "event-loop" }), LIMIT);
  const statements = limitLines(deps.logger.child({ component: "slow-statements" }), LIMIT);
  return {
    stalled({ ms, cpuMs, stack }) {
      recorder.increment("sark_gateway_event_loop_stalls_total", {});
      recorder.increment("sark_gateway_event_loop_stalled_seconds_total", {}, ms / 1_000);
      stalls.warn(
        { duration_ms: ms, cpu_ms: cpuMs, ...(stack === null ? {} : { ran: stack }) },
        "the event loop stood still",
      );
    },
    slowStatement({ id, statement, ms, failed }) {
      recorder.increment("sark_gateway_slow_statements_total", { result: failed ? "failed" : "ok" });
      statements.warn({ statement, fingerprint: id, duration_ms: ms, failed }, "a statement took long");
    },
  };
}
