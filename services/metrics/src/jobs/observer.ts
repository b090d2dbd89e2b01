import type { JobName } from "../domain/jobs.ts";

/** How a run of a job ended. `dead`: it failed as often as it may, and is a dead letter now. */
export const JOB_RESULTS = ["completed", "failed", "dead"] as const;
export type JobResult = (typeof JOB_RESULTS)[number];

/** Runs jobs within what tells of them. */
export interface JobTracing {
  run<T>(
    job: {
      readonly id: string;
      readonly job: JobName;
      readonly tenant: string | null;
      readonly attempt: number;
    },
    work: () => Promise<T>,
  ): Promise<T>;
}

/** What happens to jobs. Implementations must not throw. */
export interface JobObserver {
  jobEnded(event: {
    readonly job: JobName;
    readonly tenant: string | null;
    readonly result: JobResult;
    readonly seconds: number;
    readonly attempt: number;
    /** Where it failed. */
    readonly error: unknown;
  }): void;
  /** The queue itself could not work: the database is away, as a rule. It tries again. */
  queueFailed(error: unknown): void;
}
