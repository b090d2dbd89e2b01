import { defineCatalog, oneOf } from "@sark/observability";
import { AUDIT_ERROR_CODES } from "../errors.ts";

/** The metrics of the audit store, the same in every service that keeps an audit log. */
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
});
export type AuditCatalog = typeof auditCatalog;
