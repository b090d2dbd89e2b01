import { defineCatalog, oneOf } from "@sark/observability/metrics";
import { AUDIT_ERROR_CODES } from "../errors.ts";

/** The metrics of the audit store, the same in every service that keeps an audit log (MET-10). */
export const auditCatalog = defineCatalog({
  sark_audit_events_written_total: {
    type: "counter",
    help: "Audit events committed.",
    unit: "1",
  },
  sark_audit_failed_writes_total: {
    type: "counter",
    help: "Audit events whose caller was told that they could not be kept.",
    unit: "1",
    labels: { code: oneOf(...AUDIT_ERROR_CODES) },
  },
  sark_audit_write_duration_seconds: {
    type: "histogram",
    help: "Time from sending a batch to the database to its commit.",
    unit: "seconds",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  },
  sark_audit_batch_events: {
    type: "histogram",
    help: "Events that shared one commit.",
    unit: "1",
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
  },
  sark_audit_queue_depth: {
    type: "gauge",
    help: "Audit events that wait for their commit.",
    unit: "1",
  },
  sark_audit_queue_bytes: {
    type: "gauge",
    help: "Bytes of the audit events that wait for their commit.",
    unit: "bytes",
  },
  sark_audit_queue_capacity: {
    type: "gauge",
    help: "Audit events that may wait for their commit; beyond it callers are refused.",
    unit: "1",
  },
  sark_audit_store_up: {
    type: "gauge",
    help: "Whether the audit database takes events: 1, or 0 while callers are refused or fall back.",
    unit: "1",
  },
  sark_audit_spooled_events_total: {
    type: "counter",
    help: "Audit events put on the disk because the database took none.",
    unit: "1",
  },
  sark_audit_spool_bytes: {
    type: "gauge",
    help: "Bytes of audit events on the disk that wait for the database.",
    unit: "bytes",
  },
  sark_audit_spool_capacity_bytes: {
    type: "gauge",
    help: "Bytes that the spool may take on the disk.",
    unit: "bytes",
  },
  sark_audit_quarantined_events_total: {
    type: "counter",
    help: "Spooled audit events that were damaged, or that the database refused; they wait in the spool's folder.",
    unit: "1",
  },
  sark_audit_unrecorded_calls_total: {
    type: "counter",
    help: "Calls let through without an audit record because the database took none.",
    unit: "1",
  },
  sark_audit_purged_rows_total: {
    type: "counter",
    help: "Rows that retention dropped.",
    unit: "1",
    labels: { table: oneOf("events", "payloads") },
  },
  sark_audit_retention_purges_total: {
    type: "counter",
    help: "Partitions, or parts of the default one, that retention dropped.",
    unit: "1",
    labels: { table: oneOf("events", "payloads") },
  },
  sark_audit_purges_held_total: {
    type: "counter",
    help: "Times that retention left a partition because a destination or the transparency log still needs it.",
    unit: "1",
  },
  sark_audit_payloads_erased_total: {
    type: "counter",
    help: "Arguments and results erased on request.",
    unit: "1",
  },
  sark_audit_orphaned_intents: {
    type: "gauge",
    help: "Calls that were let through and whose end was never recorded: a process crashed under them.",
    unit: "1",
  },
  sark_audit_storage_bytes: {
    type: "gauge",
    help: "Bytes that the audit log takes in the database, with its indexes.",
    unit: "bytes",
  },
  sark_audit_background_failures_total: {
    type: "counter",
    help: "Failures of work in the background, which is tried again.",
    unit: "1",
    labels: { task: oneOf("partitions", "retention", "orphan_scan", "storage", "spool") },
  },
});
/** The type of `auditCatalog`, for a recorder that has it merged in. */
export type AuditCatalog = typeof auditCatalog;
