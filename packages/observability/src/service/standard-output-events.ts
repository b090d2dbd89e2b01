import type { Logger } from "../logging/logger.ts";
import type { StandardStreamObserver } from "../logging/standard-streams/observer.ts";
import type { Recorder } from "../metrics/recorder-types.ts";
import type { InstrumentCatalog } from "./instrument-catalog.ts";

/** What happens to lines for standard output. It happens within a call that logs: lines about it come a turn later. */
export function createStandardOutputEvents(deps: {
  readonly recorder: Recorder<InstrumentCatalog>;
  /** Asked for late: it is the logger itself that is being observed. */
  logger(): Logger;
}): Required<StandardStreamObserver> {
  let dropping = false;
  return {
    dropped(lines) {
      deps.recorder.increment("sark_log_stdout_lines_dropped_total", {}, lines);
      if (dropping) {
        return;
      }
      dropping = true;
      setImmediate(() =>
        deps
          .logger()
          .warn({}, "standard output is not read: lines for it are dropped; log files get them all"),
      );
    },
    caughtUp(lines) {
      dropping = false;
      setImmediate(() =>
        deps
          .logger()
          .warn({ dropped_lines: lines }, "standard output is read again; lines for it were dropped"),
      );
    },
  };
}
