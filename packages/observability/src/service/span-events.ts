import { limitLines } from "../logging/limit-lines.ts";
import type { Logger } from "../logging/logger.ts";
import type { Recorder } from "../metrics/recorder-types.ts";
import type { TracingOptions } from "../tracing/start-tracing.ts";
import type { InstrumentCatalog } from "./instrument-catalog.ts";

/** A collector that is away is so for many batches. */
const LIMIT = { lines: 10, perMs: 60_000 };

/** Counts spans that do not arrive, and says what became of them. */
export function createSpanEvents(deps: {
  readonly recorder: Recorder<InstrumentCatalog>;
  readonly logger: Logger;
}): Required<Pick<TracingOptions, "onDropped" | "onWarning">> {
  const { recorder } = deps;
  const logger = limitLines(deps.logger.child({ component: "tracing" }), LIMIT);
  return {
    onDropped(spans, reason, problem = reason === "queue_full" ? "too many wait" : "the process ends") {
      recorder.increment("sark_trace_spans_dropped_total", { reason }, spans);
      logger.warn({ error_type: `spans_${reason}`, spans }, `spans were dropped: ${problem}`);
    },
    onWarning(message) {
      logger.warn({ error_type: "spans_warning" }, `the collector of traces remarks: ${message}`);
    },
  };
}
