import { CERTIFICATE_ROLES } from "@sark/certificates";
import { FAULT_SEVERITIES } from "@sark/observability/logging";
import { bounded, defineCatalog, oneOf } from "@sark/observability/metrics";

/** What slows the process or its database down, and whether what it depends on works (MET-8, MET-11). */
export const runtimeCatalog = defineCatalog({
  metrics_errors_total: {
    type: "counter",
    help: "Warnings and errors, by what they are about, whether they are logged or not. The type is the error_type of the line or the code of its error; none where it has neither.",
    question: "What goes wrong, and where?",
    unit: "1",
    labels: { component: bounded(50), type: bounded(200), severity: oneOf(...FAULT_SEVERITIES) },
    maxSeries: 2_000,
  },
  metrics_database_slow_statements_total: {
    type: "counter",
    help: "Statements that took longer than logging.slowStatements.",
    question: "Does the database have slow statements?",
    unit: "1",
    labels: { result: oneOf("ok", "failed") },
  },
  metrics_database_pool_exhausted_total: {
    type: "counter",
    help: "Times that a statement or transaction had to wait because its pool had no connection free, by the connections' application_name.",
    question: "How often was a pool too small?",
    unit: "1",
    labels: { name: bounded(20) },
  },
  metrics_dependency_up: {
    type: "gauge",
    help: "Whether what the service depends on worked when it was looked at last: 1, or 0. Absent before that.",
    question: "Which dependency is down?",
    unit: "1",
    labels: { dependency: bounded(100) },
  },
  metrics_dependency_latency_seconds: {
    type: "gauge",
    help: "How long the last look at it took.",
    question: "Which dependency becomes slow?",
    unit: "seconds",
    labels: { dependency: bounded(100) },
  },
  metrics_certificate_remaining_seconds: {
    type: "gauge",
    help: "How long certificates and revocation lists are valid that the service uses or is shown, by setting or by peer; negative once one has ended. Divided by 86,400: days.",
    question: "Which certificate ends next, and when?",
    queries: ["min by (certificate, role) (metrics_certificate_remaining_seconds) / 86400"],
    unit: "seconds",
    labels: { certificate: bounded(1_000), role: oneOf(...CERTIFICATE_ROLES) },
    maxSeries: 1_000,
  },
});
export type RuntimeCatalog = typeof runtimeCatalog;
