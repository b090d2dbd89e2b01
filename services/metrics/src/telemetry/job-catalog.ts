import { bounded, defineCatalog, oneOf } from "@sark/observability/metrics";
import { TIME_WINDOWS } from "../domain/kpis.ts";
import { JOBS } from "../domain/jobs.ts";
import { PURGED_TABLES } from "../retention/purge.ts";
import { JOB_RESULTS } from "../jobs/observer.ts";
import { tenantLabel } from "./tenant-label.ts";

/** Metrics of background jobs, and of what they find out. */
export const jobCatalog = defineCatalog({
  metrics_background_jobs_total: {
    type: "counter",
    help: "Runs of background jobs, by how they ended; dead: failed as often as a job may, and now a dead letter.",
    question: "Which jobs fail, and are there dead letters?",
    unit: "1",
    labels: { job_name: oneOf(...JOBS), result: oneOf(...JOB_RESULTS) },
  },
  metrics_background_job_duration_seconds: {
    type: "histogram",
    help: "Time of a run of a background job.",
    question: "How long do jobs run?",
    unit: "seconds",
    bucketsBecause: "from one tenant's roll-up to half an hour of retention",
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 1_800],
    labels: { job_name: oneOf(...JOBS) },
  },
  metrics_background_job_last_success_timestamp_seconds: {
    type: "gauge",
    help: "When this process last completed a run of the job.",
    question: "When did a job last succeed?",
    queries: ["time() - max by (job_name) (metrics_background_job_last_success_timestamp_seconds)"],
    unit: "seconds",
    labels: { job_name: oneOf(...JOBS) },
  },
  metrics_background_jobs_queued: {
    type: "gauge",
    help: "Jobs of all replicas by state, as the database had them some seconds ago; deferred: they wait for their time; waiting in `dead_letters`: for an operator.",
    question: "Do jobs pile up?",
    unit: "1",
    labels: { queue: bounded(50), state: oneOf("waiting", "deferred", "active") },
  },
  metrics_background_jobs_oldest_waiting_seconds: {
    type: "gauge",
    help: "How long the oldest job that could run has waited.",
    question: "How far behind are the jobs?",
    unit: "seconds",
    labels: { queue: bounded(50) },
  },
  metrics_background_jobs_queue_errors_total: {
    type: "counter",
    help: "Times that the queue could not be worked on; the database is away, as a rule.",
    question: "Can the queue itself not be worked on?",
    unit: "1",
  },
  metrics_retention_deleted_rows_total: {
    type: "counter",
    help: "Rows that were deleted because they were too old; the counts of events stay in the roll-ups.",
    question: "How much does retention delete?",
    unit: "1",
    labels: { table: oneOf("activity", "score", "rollups", ...PURGED_TABLES) },
  },
  metrics_score_anomalies_total: {
    type: "counter",
    help: "Hours whose mean score was found far from the usual, of a tenant or one of its teams.",
    question: "For which tenants did scores change in an unusual way?",
    unit: "1",
    labels: { tenant_id: tenantLabel, direction: oneOf("low", "high") },
    maxSeries: 500,
  },
  metrics_active_users_total: {
    type: "gauge",
    help: "Users with at least one activity event in the window that ends now: counted, not estimated.",
    question: "How many users were active, by tenant and window?",
    unit: "1",
    labels: { tenant_id: tenantLabel, time_window: oneOf(...TIME_WINDOWS) },
    maxSeries: 700,
  },
  metrics_kpi_refresh_failures_total: {
    type: "counter",
    help: "Times that the active users of a tenant could not be counted; their gauges keep the last value.",
    question: "Are the gauges of active users older than they seem?",
    unit: "1",
  },
});
export type JobCatalog = typeof jobCatalog;
