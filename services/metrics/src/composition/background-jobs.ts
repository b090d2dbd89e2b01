import type { HealthCheck } from "@sark/observability/health";
import type { Cleanup } from "@sark/service-start";
import type { MetricsConfig } from "../config/schema.ts";
import type { Database } from "../database/database.ts";
import type { IngestListener } from "../domain/ingest.ts";
import type { JobDefinition } from "../domain/jobs.ts";
import { createCollectedSends } from "../jobs/collected-sends.ts";
import { startJobQueue, type JobQueue } from "../jobs/queue.ts";
import type { ScoreAnomalies } from "../kpis/anomalies.ts";
import type { Erasures } from "../privacy/erasures.ts";
import { purge } from "../retention/purge.ts";
import { createRollupPace } from "../rollups/pace.ts";
import { rollUp } from "../rollups/roll-up.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { watchBacklog } from "../webhooks/delivering/backlog-watch.ts";
import type { SecretSeal } from "../webhooks/secrets/secret-seal.ts";
import { allTenants, retentionJob, type RetentionJobDependencies } from "./retention-job.ts";
import type { WebhookParts } from "./webhooks.ts";

export interface BackgroundJobs {
  readonly queue: JobQueue;
  /** Asks for the job that erases what was asked to be. Never throws: what it could not ask for, a schedule finds. */
  erasureRequested(tenant: string): void;
  /** Asks for roll-ups of what was taken in. */
  readonly listener: IngestListener;
  readonly check: HealthCheck;
}

/** All jobs that run in the background: in each replica, and each of them once. */
export async function startBackgroundJobs(
  config: Pick<MetricsConfig, "jobs" | "rollups" | "retention" | "webhooks">,
  deps: {
    readonly ownerUrl: string;
    readonly database: Database;
    readonly erasures: Erasures;
    readonly anomalies: ScoreAnomalies;
    readonly webhooks: Pick<WebhookParts, "jobs" | "due">;
    readonly furtherJobs: readonly JobDefinition[];
    readonly seal: Pick<SecretSeal, "keyNames">;
    readonly telemetry: Pick<Telemetry, "jobs" | "jobTracing" | "retention" | "webhooks" | "gauges">;
    /** Rows of the tenant are deleted: what was read of it is not good any more. */
    deleted(tenant: string): void;
  },
  cleanups: Cleanup[],
): Promise<BackgroundJobs> {
  const { database, telemetry } = deps;
  const { jobs, rollups } = config;
  const pace = createRollupPace();
  const rollUpJob: JobDefinition = {
    name: "roll_up",
    // Finds what a process that ended did not ask for.
    schedule: "* * * * *",
    tenants: () => markedTenants(database),
    async run({ tenant, signal }) {
      if (tenant !== null) {
        const startedAt = performance.now();
        await rollUpAll(database, tenant, signal);
        pace.took(tenant, performance.now() - startedAt);
      }
    },
  };
  const queue = await startJobQueue({
    tracing: telemetry.jobTracing,
    connectionString: deps.ownerUrl,
    definitions: [
      rollUpJob,
      retentionJob(config.retention, deps),
      erasureJob(deps.erasures),
      anomalyJob(deps.anomalies, database),
      ...deps.webhooks.jobs,
      ...deps.furtherJobs,
      purgeJob(config.retention, deps),
    ],
    observer: telemetry.jobs,
    atOnce: jobs.atOnce,
    retries: jobs.retries,
    retryDelayMs: jobs.retryDelay,
    maxRetryDelayMs: jobs.maxRetryDelay,
    heartbeatSeconds: Math.round(jobs.heartbeat / 1_000),
  });
  const sends = createCollectedSends({
    sender: queue,
    job: "roll_up",
    everyMs: rollups.interval,
    isDue: pace.isDue,
    observer: telemetry.jobs,
  });
  const backlog = watchBacklog({
    database,
    sender: queue,
    due: deps.webhooks.due,
    seal: deps.seal,
    everyMs: config.webhooks.interval,
    observer: telemetry.webhooks,
  });
  telemetry.gauges.watchWebhooks(() => backlog.latest);
  cleanups.push(async () => {
    sends.close();
    await backlog.close();
    await queue.close(jobs.drainTimeout);
  });
  telemetry.gauges.watchQueue(queue.states);
  return {
    queue,
    erasureRequested: (tenant) => {
      queue.send("erasure", [tenant]).catch((error: unknown) => telemetry.jobs.queueFailed(error));
    },
    listener: ({ tenant }) => sends.ask(tenant),
    check: {
      name: "jobs",
      component: "jobs",
      // Requests are served without them; queries count what was not rolled up from the events.
      required: false,
      intervalMs: 5_000,
      check: async (signal) => {
        await queue.check(signal);
        const states = queue.states();
        return {
          details: {
            waiting: states.reduce((sum, { waiting }) => sum + waiting, 0),
            active: states.reduce((sum, { active }) => sum + active, 0),
          },
        };
      },
    },
  };
}

function purgeJob(
  settings: MetricsConfig["retention"],
  { database, telemetry }: Pick<RetentionJobDependencies, "database" | "telemetry">,
): JobDefinition {
  return {
    name: "purge",
    schedule: "41 * * * *",
    tenants: null,
    run: ({ signal }) => purge(database, settings, telemetry.retention, signal),
  };
}

function erasureJob(erasures: Erasures): JobDefinition {
  return {
    name: "erasure",
    schedule: "* * * * *",
    isPrompt: true,
    tenants: () => erasures.openTenants(),
    run: async ({ tenant, signal }) => (tenant === null ? undefined : erasures.run(tenant, signal)),
  };
}

function anomalyJob(anomalies: ScoreAnomalies, database: Database): JobDefinition {
  return {
    name: "anomaly_detection",
    schedule: "7 * * * *",
    tenants: () => allTenants(database),
    run: async ({ tenant }) => (tenant === null ? undefined : anomalies.detect(tenant, new Date())),
  };
}

async function rollUpAll(database: Database, tenant: string, signal: AbortSignal): Promise<void> {
  let hasMore = true;
  while (hasMore && !signal.aborted) {
    ({ hasMore } = await database.asPlatform("rollups", (tx) => rollUp(tx, tenant)));
  }
}

async function markedTenants(database: Pick<Database, "asPlatform">): Promise<readonly string[]> {
  const { rows } = await database.asPlatform("rollups", (tx) =>
    tx.query<{ tenant_id: string }>("SELECT DISTINCT tenant_id FROM metrics.rollup_marks"),
  );
  return rows.map(({ tenant_id }) => tenant_id);
}
