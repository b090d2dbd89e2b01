import type { Stall } from "../event-loop/watch-stalls.ts";
import { limitLines } from "../logging/limit-lines.ts";
import type { Logger } from "../logging/logger.ts";
import type { Recorder } from "../metrics/recorder-types.ts";
import type { InstrumentCatalog } from "./instrument-catalog.ts";

/** What stands still often stands still many times. */
const LIMIT = { lines: 60, perMs: 60_000 };

/** Counts stalls of the event loop, and says what ran. */
export function createEventLoopEvents(deps: {
  readonly recorder: Recorder<InstrumentCatalog>;
  readonly logger: Logger;
}): { stalled(stall: Stall): void } {
  const { recorder } = deps;
  const logger = limitLines(deps.logger.child({ component: "event-loop" }), LIMIT);
  return {
    stalled({ ms, cpuMs, stack }) {
      recorder.increment("sark_event_loop_stalls_total", {});
      recorder.increment("sark_event_loop_stalled_seconds_total", {}, ms / 1_000);
      logger.warn(
        { duration_ms: ms, cpu_ms: cpuMs, ...(stack === null ? {} : { ran: stack }) },
        "the event loop stood still",
      );
    },
  };
}
