import type { PgBoss } from "pg-boss";

/** A job that failed as often as it may. */
export interface DeadLetter {
  readonly id: string;
  readonly job: string;
  readonly tenant: string | null;
  readonly failedAt: Date;
  readonly attempts: number;
  /** What it failed with last. */
  readonly error: string | null;
}

export interface DeadLetters {
  /** The oldest first. */
  list(after: string | null, limit: number): Promise<readonly DeadLetter[]>;
  /** Runs the job again. `false` where there is no such dead letter. */
  retry(id: string): Promise<boolean>;
  /** Deletes it. `false` where there is no such dead letter. */
  discard(id: string): Promise<boolean>;
}

const MAX_ERROR = 500;

export function createDeadLetters(
  boss: Pick<PgBoss, "findJobs" | "redrive" | "deleteJob">,
  queue: string,
): DeadLetters {
  const find = async (id: string) =>
    (await boss.findJobs<{ tenant?: string }>(queue, { id, queued: true, limit: 1 })).length > 0;
  return {
    async list(after, limit) {
      // One that was retried or discarded since is no place to go on from.
      if (after !== null && (await boss.findJobs(queue, { id: after, limit: 1 })).length === 0) {
        return [];
      }
      const found = await boss.findJobs<{ tenant?: string } | null>(queue, {
        limit,
        queued: true,
        ...(after === null ? {} : { after }),
      });
      return found.map((job) => ({
        id: job.id,
        job: job.sourceName ?? "unknown",
        tenant: job.data?.tenant ?? null,
        failedAt: job.createdOn,
        attempts: (job.sourceRetryCount ?? 0) + 1,
        error: messageOf(job.sourceOutput),
      }));
    },
    async retry(id) {
      return (await find(id)) && (await boss.redrive(queue, { ids: [id] })) === 1;
    },
    async discard(id) {
      if (!(await find(id))) {
        return false;
      }
      await boss.deleteJob(queue, id);
      return true;
    },
  };
}

/** Of what the queue keeps of an error; its stack stays in the log. */
function messageOf(output: object | null): string | null {
  return output !== null && "message" in output && typeof output.message === "string"
    ? output.message.slice(0, MAX_ERROR)
    : null;
}
