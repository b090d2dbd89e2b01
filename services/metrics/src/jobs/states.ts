import { wait } from "@sark/observability/waiting";
import type { JobObserver } from "./observer.ts";

/** How many jobs of a queue are in which state. */
export interface QueueState {
  readonly queue: string;
  /** They could run; in the queue of dead letters: they wait for an operator. */
  readonly waiting: number;
  /** They wait for their time, or to be tried again. */
  readonly deferred: number;
  readonly active: number;
  /** How long the oldest that could run has waited. Of dead letters none can. */
  readonly oldestSeconds: number;
}

/** Runs a statement on the database of the queue. */
type Execute = (text: string, values: readonly unknown[]) => Promise<{ readonly rows: unknown[] }>;

const REFRESH_MS = 5_000;
/**
 * pg-boss keeps counts, too, but one replica counts for all at times of its own, not at all while it backs off, and the age of the
 * oldest job only where it writes a history. Of each queue this reads those jobs alone that are not over, by an index (`job_i14`).
 */
const COUNT = `SELECT q.name AS queue, j.waiting, j.deferred, j.active,
  CASE WHEN q.name = $1 THEN 0 ELSE j.oldest END AS "oldestSeconds"
FROM pgboss.queue q CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE is_ready)::int AS waiting,
    count(*) FILTER (WHERE NOT is_active AND NOT is_ready)::int AS deferred,
    count(*) FILTER (WHERE is_active)::int AS active,
    greatest(0, coalesce(extract(epoch FROM now() - min(since) FILTER (WHERE is_ready)), 0))::float8 AS oldest
  FROM (
    SELECT state = 'active' AS is_active, greatest(created_on, start_after) AS since,
      state <> 'active' AND NOT blocked AND start_after <= now() AS is_ready
    FROM pgboss.job WHERE name = q.name AND state IN ('created', 'retry', 'active')
  ) AS open
) AS j ORDER BY q.name`;

/**
 * Looks at the queues now and then, so that a scrape of metrics costs no statement.
 * @param deadLetters name of the queue whose jobs nothing runs
 */
export function createQueueStates(
  execute: Execute,
  deadLetters: string,
  observer: Pick<JobObserver, "queueFailed">,
) {
  const stopping = new AbortController();
  let latest: readonly QueueState[] = [];

  async function refresh(): Promise<void> {
    const { rows } = await execute(COUNT, [deadLetters]);
    latest = rows as QueueState[];
  }

  async function loop(): Promise<void> {
    while (await wait(REFRESH_MS, { signal: stopping.signal, ref: false })) {
      await refresh().catch((error: unknown) => observer.queueFailed(error));
    }
  }

  return {
    get latest() {
      return latest;
    },
    refresh,
    start: () => void loop(),
    stop: () => stopping.abort(),
    async check(signal: AbortSignal): Promise<void> {
      signal.throwIfAborted();
      await execute("SELECT FROM pgboss.version", []);
    },
  };
}
