import { createPool } from "@sark/audit/postgres";
import { PgBoss } from "pg-boss";
import type { JobDefinition, JobName, JobSender } from "../domain/jobs.ts";
import { createDeadLetters, type DeadLetters } from "./dead-letters.ts";
import type { JobObserver, JobTracing } from "./observer.ts";
import { createPromptWorkers, type JobOfTenant, type PromptWorkers } from "./prompt-workers.ts";
import { createQueueStates, type QueueState } from "./states.ts";

/** Queue of jobs that failed as often as they may. */
const DEAD_LETTERS = "dead_letters";
/** Asks for the job of each tenant when its time has come. */
const sweepOf = (name: JobName) => `${name}.sweep`;

/** Jobs of all replicas, in the database: each is run by one of them. */
export interface JobQueue extends JobSender {
  readonly deadLetters: DeadLetters;
  /** As they were counted last, at most some seconds ago. */
  states(): readonly QueueState[];
  /** Rejects where the queue cannot be reached. */
  check(signal: AbortSignal): Promise<void>;
  /** Lets jobs that run end, as long as this; those that do not are run again by another replica, or after the next start. */
  close(timeoutMs: number): Promise<void>;
}

export interface JobQueueOptions {
  /** Of a login that may make the schema of the queue (`pgboss`). The service's own role does not see it. */
  readonly connectionString: string;
  readonly definitions: readonly JobDefinition[];
  readonly observer: JobObserver;
  /** Default: none. */
  readonly tracing?: JobTracing;
  /** Jobs of one kind that this process runs at once. */
  readonly atOnce: number;
  /** Times that a job is tried again, and the first wait, which doubles. */
  readonly retries: number;
  readonly retryDelayMs: number;
  readonly maxRetryDelayMs: number;
  /** A job whose process shows no sign of life for so long is given to another one. At least 10. */
  readonly heartbeatSeconds: number;
  /** How often a worker without a job looks for one. Default 2. */
  readonly pollSeconds?: number;
}

const UNTRACED: JobTracing = { run: (_job, work) => work() };
const CONNECTIONS = 3;
const STATEMENT_MS = 30_000;
const MAX_RUN_SECONDS = 3_600;
const KEPT_SECONDS = { completed: 3_600, dead: 90 * 86_400 };
const POLL_SECONDS = 2;
const SUPERVISE_SECONDS = 15;

/** Rejects where the database is away. After that it goes on by itself, whatever becomes of the database. */
export async function startJobQueue(options: JobQueueOptions): Promise<JobQueue> {
  const { definitions, observer, tracing = UNTRACED, pollSeconds = POLL_SECONDS } = options;
  const pool = createPool({
    connectionString: options.connectionString,
    name: "sark-metrics-jobs",
    maxConnections: CONNECTIONS,
    statementTimeoutMs: STATEMENT_MS,
  });
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values) },
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
    registerInstance: false,
    monitorVacuum: false,
    reindex: false,
    openTelemetry: { enabled: false },
  });
  // Without a listener an error of the queue would end the process.
  boss.on("error", (error) => observer.queueFailed(error));
  const states = createQueueStates((text, values) => pool.query(text, [...values]), DEAD_LETTERS, observer);
  const prompt = new Map<JobName, PromptWorkers>();

  async function run(definition: JobDefinition, job: JobOfTenant): Promise<void> {
    const startedAt = performance.now();
    const tenant = job.data?.tenant ?? null;
    const attempt = job.retryCount + 1;
    const ended = (result: "completed" | "failed" | "dead", error: unknown) =>
      observer.jobEnded({
        job: definition.name,
        tenant,
        result,
        seconds: (performance.now() - startedAt) / 1_000,
        attempt,
        error,
      });
    await tracing.run({ id: job.id, job: definition.name, tenant, attempt }, async () => {
      try {
        await definition.run({ tenant, signal: job.signal });
      } catch (error) {
        ended(job.retryCount >= job.retryLimit ? "dead" : "failed", error);
        throw error;
      }
      ended("completed", null);
    });
  }

  async function send(name: JobName, tenants: readonly string[]): Promise<void> {
    const jobs = tenants.map((tenant) => ({ data: { tenant }, singletonKey: tenant }));
    await boss.insert(name, jobs, { returnId: false });
    prompt.get(name)?.wake(tenants.length);
  }

  async function serve(definition: JobDefinition): Promise<void> {
    const { name, schedule, tenants } = definition;
    // At most one of a tenant waits; one that runs meanwhile does not keep it from being asked for again.
    await boss.createQueue(name, {
      policy: "short",
      retryLimit: options.retries,
      retryDelay: options.retryDelayMs / 1_000,
      retryBackoff: true,
      retryDelayMax: options.maxRetryDelayMs / 1_000,
      expireInSeconds: MAX_RUN_SECONDS,
      heartbeatSeconds: options.heartbeatSeconds,
      deleteAfterSeconds: KEPT_SECONDS.completed,
      deadLetter: DEAD_LETTERS,
    });
    const workers = createPromptWorkers(boss);
    for (let at = 0; at < (tenants === null ? 1 : (definition.atOnce ?? options.atOnce)); at += 1) {
      await workers.add(name, pollSeconds, (job) => run(definition, job));
    }
    if (definition.isPrompt === true) {
      prompt.set(name, workers);
    }
    if (schedule === null) {
      return;
    }
    if (tenants === null) {
      await boss.schedule(name, schedule);
      return;
    }
    const sweep = sweepOf(name);
    await boss.createQueue(sweep, {
      policy: "short",
      retryLimit: 1,
      deleteAfterSeconds: KEPT_SECONDS.completed,
    });
    await boss.work(sweep, { pollingIntervalSeconds: pollSeconds }, async () => send(name, await tenants()));
    await boss.schedule(sweep, schedule);
  }

  try {
    await boss.start();
    await boss.createQueue(DEAD_LETTERS, {
      retentionSeconds: KEPT_SECONDS.dead,
      deleteAfterSeconds: KEPT_SECONDS.dead,
    });
    for (const definition of definitions) {
      await serve(definition);
    }
    await states.refresh();
    states.start();
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => undefined);
    await pool.end();
    throw error;
  }
  return {
    send,
    deadLetters: createDeadLetters(boss, DEAD_LETTERS),
    states: () => states.latest,
    check: (signal) => states.check(signal),
    async close(timeoutMs) {
      states.stop();
      await boss.stop({ graceful: true, timeout: timeoutMs });
      await pool.end();
    },
  };
}
