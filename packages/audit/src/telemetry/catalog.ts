import { defineCatalog, oneOf } from "@sark/observability/metrics";
import { AUDIT_ERROR_CODES } from "../errors.ts";

/** The metrics of the audit store, the same in every service that keeps an audit log (MET-10). */
export const auditCatalog = defineCatalog({
  sark_audit_events_written_total: {
    type: "counter",
    help: "Audit events committed.",
    question: "How many events a second are committed?",
    unit: "1",
  },
  sark_audit_failed_writes_total: {
    type: "counter",
    help: "Audit events whose caller was told that they could not be kept.",
    question: "Were calls refused because the record could not be kept?",
    unit: "1",
    labels: { code: oneOf(...AUDIT_ERROR_CODES) },
  },
  sark_audit_write_duration_seconds: {
    type: "histogram",
    help: "Time from sending a batch to the database to its commit.",
    question: "How long does a commit take, which every call waits for?",
    unit: "seconds",
    bucketsBecause: "typical is below 10 ms, which is a bound; 5 s is past the time that is waited",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  },
  sark_audit_batch_events: {
    type: "histogram",
    help: "Events that shared one commit.",
    question: "Do events share commits, as they should under load?",
    unit: "1",
    bucketsBecause: "from one event alone to the largest batch",
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
  },
  sark_audit_queue_depth: {
    type: "gauge",
    help: "Audit events that wait for their commit.",
    question: "Do events wait for the database?",
    queries: ["sark_audit_queue_depth / sark_audit_queue_capacity"],
    unit: "1",
  },
  sark_audit_queue_bytes: {
    type: "gauge",
    help: "Bytes of the audit events that wait for their commit.",
    question: "How much memory do waiting events take?",
    unit: "bytes",
  },
  sark_audit_queue_capacity: {
    type: "gauge",
    help: "Audit events that may wait for their commit; beyond it callers are refused.",
    question: "How many events may wait before callers are refused?",
    unit: "1",
  },
  sark_audit_store_up: {
    type: "gauge",
    help: "Whether the audit database takes events: 1, or 0 while callers are refused or fall back.",
    question: "Does the audit database take events?",
    unit: "1",
  },
  sark_audit_store_set_back_total: {
    type: "counter",
    help: "Times that the database had lost events that it had committed: a standby without them took over, or an old state was restored.",
    question: "Has the database lost events that were acknowledged? Each time is an alarm.",
    unit: "1",
  },
  sark_audit_spooled_events_total: {
    type: "counter",
    help: "Audit events put on the disk because the database took none.",
    question: "How many events went to the disk because the database was away?",
    unit: "1",
  },
  sark_audit_spool_bytes: {
    type: "gauge",
    help: "Bytes of audit events on the disk that wait for the database.",
    question: "How much of the audit record is on this disk alone?",
    queries: ["sark_audit_spool_bytes / sark_audit_spool_capacity_bytes"],
    unit: "bytes",
  },
  sark_audit_spool_capacity_bytes: {
    type: "gauge",
    help: "Bytes that the spool may take on the disk.",
    question: "How much may the spool hold before callers are refused?",
    unit: "bytes",
  },
  sark_audit_quarantined_events_total: {
    type: "counter",
    help: "Spooled audit events that were damaged, or that the database refused; they wait in the spool's folder.",
    question: "Are there events that an operator has to look at, because the database never takes them?",
    unit: "1",
  },
  sark_audit_unrecorded_calls_total: {
    type: "counter",
    help: "Calls let through without an audit record because the database took none.",
    question: "How many calls have no record, as audit.whenDown allowed it?",
    unit: "1",
  },
  sark_audit_purged_rows_total: {
    type: "counter",
    help: "Rows that retention dropped.",
    question: "How much does retention drop?",
    unit: "1",
    labels: { table: oneOf("events", "payloads") },
  },
  sark_audit_retention_purges_total: {
    type: "counter",
    help: "Partitions, or parts of the default one, that retention dropped.",
    question: "Does retention work?",
    unit: "1",
    labels: { table: oneOf("events", "payloads") },
  },
  sark_audit_purges_held_total: {
    type: "counter",
    help: "Times that retention left a partition because a destination or the transparency log still needs it.",
    question: "Does retention wait for a destination, so that the database grows?",
    unit: "1",
  },
  sark_audit_payloads_erased_total: {
    type: "counter",
    help: "Arguments and results erased on request.",
    question: "How many payloads were erased on request?",
    unit: "1",
  },
  sark_audit_orphaned_intents: {
    type: "gauge",
    help: "Calls that were let through and whose end was never recorded: a process crashed under them.",
    question: "Are there calls of which no one knows how they ended?",
    unit: "1",
  },
  sark_audit_storage_bytes: {
    type: "gauge",
    help: "Bytes that the audit log takes in the database, with its indexes.",
    question: "How large is the audit log, and how fast does it grow?",
    unit: "bytes",
  },
  sark_audit_background_failures_total: {
    type: "counter",
    help: "Failures of work in the background, which is tried again.",
    question: "Which work in the background fails?",
    unit: "1",
    labels: { task: oneOf("partitions", "retention", "orphan_scan", "storage", "spool") },
  },
});
/** The type of `auditCatalog`, for a recorder that has it merged in. */
export type AuditCatalog = typeof auditCatalog;
