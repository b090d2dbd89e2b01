import type { AuditObserver } from "../../observer.ts";
import type { Connection } from "../../postgres/connection.ts";
import { ensurePartitions } from "./partitions.ts";

const HOUR_MS = 3_600_000;
const RETRY_MS = 60_000;

export interface PartitionKeeper {
  /** The first attempt is over; it never rejects. */
  readonly ready: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Keeps partitions made ahead of need. A failure only means that rows go to the default partition for a while,
 * from where the next success moves them.
 */
export function startPartitionKeeper(options: {
  /** For the first attempt, which others wait for: it is left open to them. To open one takes longer than the attempt. */
  readonly first: Connection;
  /** For each later one: it is closed again, as it would idle for an hour. */
  connect(): Connection;
  readonly daysAhead: number;
  readonly observer: AuditObserver;
}): PartitionKeeper {
  const { observer } = options;

  async function run(connection: Connection): Promise<void> {
    let again = HOUR_MS;
    try {
      await connection.use((client) => ensurePartitions(client, Date.now(), options.daysAhead));
    } catch (error) {
      again = RETRY_MS;
      observer.backgroundFailed({ task: "partitions", error });
    }
    if (connection !== options.first) {
      await connection.close();
    }
    if (stopped) {
      return;
    }
    timer = setTimeout(() => {
      running = run(options.connect());
    }, again);
    timer.unref();
  }

  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running = run(options.first);
  return {
    ready: running,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
