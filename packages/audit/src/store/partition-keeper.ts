import type { AuditObserver } from "../observer.ts";
import type { Connection } from "./connection.ts";
import { ensurePartitions } from "./partitions.ts";

const HOUR_MS = 3_600_000;

/**
 * Keeps partitions made ahead of need. A failure only means that rows go to the default partition for a while,
 * from where the next success moves them.
 */
export function startPartitionKeeper(options: {
  readonly connection: Connection;
  readonly daysAhead: number;
  readonly observer: Required<AuditObserver>;
}): { readonly ready: Promise<void>; stop(): Promise<void> } {
  const { connection, observer } = options;

  async function run(): Promise<void> {
    try {
      await connection.use((client) => ensurePartitions(client, Date.now(), options.daysAhead));
    } catch (error) {
      observer.backgroundFailed({ task: "partitions", error });
    }
    // It would idle for an hour.
    await connection.close();
  }

  let running = run();
  const ready = running;
  const timer = setInterval(() => {
    running = running.then(run);
  }, HOUR_MS);
  timer.unref();
  return {
    ready,
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
