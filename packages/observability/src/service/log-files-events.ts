import type { LogFilesObserver } from "../logging/files/observer.ts";
import { limitLines } from "../logging/limit-lines.ts";
import type { Logger } from "../logging/logger.ts";
import type { Recorder } from "../metrics/recorder-types.ts";
import type { InstrumentCatalog } from "./instrument-catalog.ts";

/** Lines about files that fail go into files. */
const LIMIT = { lines: 20, perMs: 60_000 };

/** What happens to log files. It may happen within a call that logs: lines about it come a turn later. */
export function createLogFilesEvents(deps: {
  readonly recorder: Recorder<InstrumentCatalog>;
  readonly logger: Logger;
}): Required<LogFilesObserver> {
  const { recorder } = deps;
  const logger = limitLines(deps.logger.child({ component: "log-files" }), LIMIT);
  return {
    linesWritten: (log, lines) => recorder.increment("sark_log_lines_written_total", { log }, lines),
    // Said on stderr: the files are what does not work.
    writeFailed: (log, lines) => recorder.increment("sark_log_lines_not_written_total", { log }, lines),
    rotated: (log) => recorder.increment("sark_log_rotations_total", { log }),
    upkeepFailed: (log, error) => {
      recorder.increment("sark_log_upkeep_failures_total", { log });
      setImmediate(() =>
        logger.warn({ log_name: log, error }, "log file not rotated, compressed or removed"),
      );
    },
    dropped(log, { file, unshipped }) {
      recorder.increment("sark_log_files_removed_total", { log });
      recorder.increment("sark_log_lines_removed_unshipped_total", { log }, unshipped);
      const fields = { log_name: log, file, unshipped };
      setImmediate(() => {
        if (unshipped === 0) {
          logger.info(fields, "oldest log file removed to keep within the limit");
        } else {
          logger.error(fields, "log lines removed before they were shipped: the limit forces it");
        }
      });
    },
    vanished(log, lines) {
      recorder.increment("sark_log_lines_vanished_total", { log }, lines);
      setImmediate(() => logger.error({ log_name: log, lines }, "the log file in use was removed"));
    },
    unreadable(log, file, error) {
      recorder.increment("sark_log_files_unreadable_total", { log });
      setImmediate(() => logger.error({ log_name: log, file, error }, "log file cannot be read to its end"));
    },
  };
}
