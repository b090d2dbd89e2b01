import { limitLines, type Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import { sampledTrace } from "@sark/observability/tracing";
import type { JobObserver } from "../jobs/observer.ts";
import type { JobCatalog } from "./job-catalog.ts";

/** A database that is away fails each look at the queue. */
const LIMIT = { lines: 20, perMs: 60_000 };

export function createJobEvents(deps: {
  readonly recorder: Recorder<JobCatalog>;
  readonly logger: Logger;
}): JobObserver {
  const { recorder } = deps;
  const logger = limitLines(deps.logger.child({ component: "jobs" }), LIMIT);
  return {
    jobEnded({ job, tenant, result, seconds, attempt, error }) {
      recorder.increment("metrics_background_jobs_total", { job_name: job, result });
      recorder.observe("metrics_background_job_duration_seconds", { job_name: job }, seconds, sampledTrace());
      const fields = { operation: job, ...(tenant === null ? {} : { tenant_id: tenant }), attempt };
      if (result === "completed") {
        recorder.set(
          "metrics_background_job_last_success_timestamp_seconds",
          { job_name: job },
          Date.now() / 1_000,
        );
      } else if (result === "failed") {
        logger.warn({ ...fields, error }, "a background job failed and is tried again");
      } else {
        logger.error(
          { ...fields, error },
          "a background job failed as often as it may, and is a dead letter",
        );
      }
    },
    queueFailed(error) {
      recorder.increment("metrics_background_jobs_queue_errors_total", {});
      logger.warn({ error }, "the queue of background jobs could not be worked on; it is tried again");
    },
  };
}
