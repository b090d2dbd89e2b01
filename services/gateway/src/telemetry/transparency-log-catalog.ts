import { LOG_BUILDER_ERROR_CODES } from "@sark/audit/log-builder";
import { defineCatalog, oneOf } from "@sark/observability/metrics";

/** The metrics of the transparency log. */
export const transparencyLogCatalog = defineCatalog({
  sark_audit_log_leader: {
    type: "gauge",
    help: "Is 1 while this replica is the one that signs the transparency log.",
    question: "Which replica signs the log, and is there one?",
    unit: "1",
  },
  sark_audit_log_size: {
    type: "gauge",
    help: "Events that the newest checkpoint signed by this replica covers.",
    question: "How much of the log is signed?",
    unit: "1",
  },
  sark_audit_log_checkpoints_total: {
    type: "counter",
    help: "Checkpoints signed.",
    question: "Is the log being signed?",
    unit: "1",
  },
  sark_audit_log_checkpoint_duration_seconds: {
    type: "histogram",
    help: "Time to read, hash, store and sign what was added to the transparency log.",
    question: "Does signing keep up with what is written?",
    unit: "seconds",
    bucketsBecause: "a checkpoint is signed about each second: what takes longer falls behind",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  },
  sark_audit_log_refusals_total: {
    type: "counter",
    help: "Times that nothing was signed because the store contradicts what was signed before.",
    question: "Has stored history been changed? Each one is an alarm.",
    unit: "1",
    labels: { code: oneOf(...LOG_BUILDER_ERROR_CODES) },
  },
  sark_audit_log_failures_total: {
    type: "counter",
    help: "Times that the transparency log could not be extended because the database or the disk failed.",
    question: "Why is the log not signed?",
    unit: "1",
  },
  sark_audit_log_tiles_rebuilt_total: {
    type: "counter",
    help: "Times that stored tiles were useless and were made again from the events.",
    question: "Were stored parts of the log damaged?",
    unit: "1",
  },
  sark_audit_log_attestations_total: {
    type: "counter",
    help: "Checkpoints given to witnesses and time-stamp authorities.",
    question: "Do witnesses and time-stamp authorities confirm what is signed?",
    unit: "1",
    labels: { result: oneOf("confirmed", "failed") },
  },
});
export type TransparencyLogCatalog = typeof transparencyLogCatalog;
