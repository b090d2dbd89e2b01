import { LOG_NAMES } from "@sark/observability/logging";
import { bounded, defineCatalog, oneOf } from "@sark/observability/metrics";

const log = oneOf(...LOG_NAMES);

/** The metrics of log files; those of their shipping are the ones of deliveries. */
export const logFilesCatalog = defineCatalog({
  sark_log_lines_written_total: {
    type: "counter",
    help: "Lines written to the files of a log.",
    unit: "1",
    labels: { log },
  },
  sark_log_lines_not_written_total: {
    type: "counter",
    help: "Lines that could not be written to their file; they went to stderr.",
    unit: "1",
    labels: { log },
  },
  sark_log_rotations_total: {
    type: "counter",
    help: "Files that were closed by their size or age.",
    unit: "1",
    labels: { log },
  },
  sark_log_files_removed_total: {
    type: "counter",
    help: "Files that were removed to keep within the limit.",
    unit: "1",
    labels: { log },
  },
  sark_log_lines_removed_unshipped_total: {
    type: "counter",
    help: "Lines that were removed to keep within the limit while they waited to be shipped.",
    unit: "1",
    labels: { log },
  },
  sark_log_lines_vanished_total: {
    type: "counter",
    help: "Lines in files that were removed while they were written to.",
    unit: "1",
    labels: { log },
  },
  sark_log_upkeep_failures_total: {
    type: "counter",
    help: "Times that a file could not be begun, compressed or removed; it is tried again.",
    unit: "1",
    labels: { log },
  },
  sark_log_files_unreadable_total: {
    type: "counter",
    help: "Compressed files of which a part could not be read, and was not shipped.",
    unit: "1",
    labels: { log },
  },
  sark_log_stdout_lines_dropped_total: {
    type: "counter",
    help: "Lines that standard output did not get because its reader stood still and too many waited.",
    unit: "1",
  },
  sark_log_lines_sampled_out_total: {
    type: "counter",
    help: "Lines that were left out because there were many of their kind; see logging.sampling.",
    unit: "1",
    labels: { component: bounded(60) },
  },
  sark_log_files_bytes: {
    type: "gauge",
    help: "Bytes of all log files on the disk.",
    unit: "bytes",
  },
});
export type LogFilesCatalog = typeof logFilesCatalog;
