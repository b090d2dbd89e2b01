/** What runs in the background: the closed list, and the label `job_name` of its metrics. */
export const JOBS = [
  "roll_up",
  "retention",
  "erasure",
  "anomaly_detection",
  "webhook_delivery",
  "kpi_thresholds",
  "quota_notices",
  "webhook_purge",
  "purge",
  "certificate_check",
  "kpi_export",
] as const;
export type JobName = (typeof JOBS)[number];

/** One piece of work. It may come again, also while it runs: each has to be right then, too. */
export interface JobRun {
  /** `null`: for all tenants, or for none. */
  readonly tenant: string | null;
  /** Aborted where the service shuts down, or the job takes too long. */
  readonly signal: AbortSignal;
}

/** What a kind of job is. */
export interface JobDefinition {
  readonly name: JobName;
  /** Minute, hour, day, month and weekday in UTC; `null`: only when it is asked for. */
  readonly schedule: string | null;
  /** Whose job it is when its time comes; `null`: it is one job, of no tenant. */
  readonly tenants: (() => Promise<readonly string[]>) | null;
  /** Jobs of this kind that a process runs at once, where it is not as many as of the others. */
  readonly atOnce?: number;
  /** Whether a process that asks for it begins at once, where it has a turn free, and does not wait until it looks for jobs again. */
  readonly isPrompt?: boolean;
  /** Rejects where it has to be tried again. */
  run(job: JobRun): Promise<void>;
}

/** Asks for jobs. */
export interface JobSender {
  /** Resolves when the jobs are on record. A tenant that has one waiting already gets no second one. */
  send(name: JobName, tenants: readonly string[]): Promise<void>;
}
