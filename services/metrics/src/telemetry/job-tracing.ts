import { context, ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import { runInContext } from "@sark/observability/logging";
import { beginWork, type WorkTracing } from "@sark/observability/tracing";
import type { JobTracing } from "../jobs/observer.ts";

/** A span for each run of a job, the first one of its trace; its log lines have the job's id and tenant. */
export function createJobTracing(tracing: WorkTracing): JobTracing {
  return {
    run({ id, job, tenant, attempt }, work) {
      const span = beginWork(tracing, `job ${job}`, {
        kind: SpanKind.CONSUMER,
        parent: ROOT_CONTEXT,
        attributes: () => ({
          "sark.job.name": job,
          "sark.job.id": id,
          "sark.job.attempt": attempt,
          ...(tenant === null ? {} : { "sark.tenant": tenant }),
        }),
      });
      const names = { correlation_id: id, ...(tenant === null ? {} : { tenant }) };
      return runInContext(names, () =>
        context.with(span.context, async () => {
          try {
            const result = await work();
            span.end();
            return result;
          } catch (error) {
            span.end({ error: error instanceof Error ? error.name : "Error" });
            throw error;
          }
        }),
      );
    },
  };
}
