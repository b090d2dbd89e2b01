import { LOG_NAMES } from "../logging/files/log-names.ts";
import { defineCatalog } from "../metrics/catalog.ts";
import { bounded, oneOf } from "../metrics/labels.ts";
import { DROP_REASONS } from "../tracing/export/drop-reasons.ts";

const log = oneOf(...LOG_NAMES);

/** What logs, traces and the event loop of a process say of themselves: the same in every service. */
export const instrumentCatalog = defineCatalog({
  sark_log_lines_written_total: {
    type: "counter",
    help: "Lines written to the files of a log.",
    question: "How many lines are logged?",
    unit: "1",
    labels: { log },
  },
  sark_log_lines_not_written_total: {
    type: "counter",
    help: "Lines that could not be written to their file; they went to stderr.",
    question: "Are lines missing from the files, because the disk took none?",
    unit: "1",
    labels: { log },
  },
  sark_log_rotations_total: {
    type: "counter",
    help: "Files that were closed by their size or age.",
    question: "How often do log files rotate?",
    unit: "1",
    labels: { log },
  },
  sark_log_files_removed_total: {
    type: "counter",
    help: "Files that were removed to keep within the limit.",
    question: "How long do logs reach back, before the limit takes them?",
    unit: "1",
    labels: { log },
  },
  sark_log_lines_removed_unshipped_total: {
    type: "counter",
    help: "Lines that were removed to keep within the limit while they waited to be shipped.",
    question: "Were lines lost that a log service was to have?",
    unit: "1",
    labels: { log },
  },
  sark_log_lines_vanished_total: {
    type: "counter",
    help: "Lines in files that were removed while they were written to.",
    question: "Does another program remove files that are written to?",
    unit: "1",
    labels: { log },
  },
  sark_log_upkeep_failures_total: {
    type: "counter",
    help: "Times that a file could not be begun, compressed or removed; it is tried again.",
    question: "Do rotation, compression or removal fail?",
    unit: "1",
    labels: { log },
  },
  sark_log_files_unreadable_total: {
    type: "counter",
    help: "Compressed files of which a part could not be read, and was not shipped.",
    question: "Are compressed log files damaged?",
    unit: "1",
    labels: { log },
  },
  sark_log_stdout_lines_dropped_total: {
    type: "counter",
    help: "Lines that standard output did not get because its reader stood still and too many waited.",
    question: "Does the reader of standard output stand still, so that it misses lines?",
    unit: "1",
  },
  sark_log_lines_sampled_out_total: {
    type: "counter",
    help: "Lines that were left out because there were many of their kind; each kind is said in a line.",
    question: "Which component logs so much that lines are left out?",
    unit: "1",
    labels: { component: bounded(60) },
  },
  sark_log_files_bytes: {
    type: "gauge",
    help: "Bytes of all log files on the disk.",
    question: "How much of the disk do logs take?",
    unit: "bytes",
  },
  sark_trace_spans_dropped_total: {
    type: "counter",
    help: "Trace spans that will not arrive: too many waited, the collector did not respond or was busy until the end of the retries, rejected them, responded with what is not OTLP (unconfirmed), or the process ended.",
    question: "Are traces incomplete, and why?",
    unit: "1",
    labels: { reason: oneOf(...DROP_REASONS) },
  },
  sark_event_loop_stalls_total: {
    type: "counter",
    help: "Times that the event loop stood still for longer than the service is told to take note of.",
    question: "Does something block the process?",
    unit: "1",
  },
  sark_event_loop_stalled_seconds_total: {
    type: "counter",
    help: "Time in which the event loop stood still, of stalls that are counted.",
    question: "What part of the time did nothing else run?",
    unit: "seconds",
  },
});
/** The type of `instrumentCatalog`, for a recorder that has it merged in. */
export type InstrumentCatalog = typeof instrumentCatalog;
