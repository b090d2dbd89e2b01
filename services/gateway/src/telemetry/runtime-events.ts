import type { SlowStatement } from "@sark/audit/telemetry";
import { limitLines, type Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { RuntimeCatalog } from "./runtime-catalog.ts";

/** What is slow is often slow at once, and many times. */
const LIMIT = { lines: 60, perMs: 60_000 };

/** What slows the database down. */
export interface RuntimeEvents {
  slowStatement(statement: SlowStatement): void;
}

export function createRuntimeEvents(deps: {
  readonly recorder: Recorder<RuntimeCatalog>;
  readonly logger: Logger;
}): RuntimeEvents {
  const { recorder } = deps;
  const statements = limitLines(deps.logger.child({ component: "slow-statements" }), LIMIT);
  return {
    slowStatement({ id, statement, ms, failed }) {
      recorder.increment("sark_gateway_slow_statements_total", { result: failed ? "failed" : "ok" });
      statements.warn({ statement, fingerprint: id, duration_ms: ms, failed }, "a statement took long");
    },
  };
}
