import type { JobWithMetadata, PgBoss } from "pg-boss";

export type JobOfTenant = JobWithMetadata<{ tenant?: string }>;

/** Workers of one queue in this process, each of which runs one job at a time. */
export interface PromptWorkers {
  add(queue: string, pollSeconds: number, run: (job: JobOfTenant) => Promise<void>): Promise<void>;
  /** Has them look for jobs now: as many as there are jobs, those that have none first. One that is at work looks when it has ended. */
  wake(jobs: number): void;
}

/**
 * Workers of pg-boss look for jobs at fixed times. Its own remedy (`useListenNotify`) holds a connection more, and not through a pooler of
 * transactions; who asks for a job here can wake a worker of this process without the database.
 */
export function createPromptWorkers(boss: Pick<PgBoss, "work" | "notifyWorker">): PromptWorkers {
  const workers: { id: string; isBusy: boolean }[] = [];
  return {
    async add(queue, pollSeconds, run) {
      const worker = { id: "", isBusy: false };
      const options = { pollingIntervalSeconds: pollSeconds, includeMetadata: true } as const;
      worker.id = await boss.work<{ tenant?: string }, void, typeof options>(
        queue,
        options,
        async ([job]) => {
          if (job === undefined) {
            return;
          }
          worker.isBusy = true;
          try {
            await run(job);
          } finally {
            worker.isBusy = false;
          }
        },
      );
      workers.push(worker);
    },
    wake(jobs) {
      const idleFirst = workers.toSorted((one, other) => Number(one.isBusy) - Number(other.isBusy));
      for (const { id } of idleFirst.slice(0, jobs)) {
        boss.notifyWorker(id);
      }
    },
  };
}
