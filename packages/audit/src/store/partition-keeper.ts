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
}): { readonly ready: Promise<void>; stop(): void } {
  const run = (): Promise<void> =>
    options.connection
      .use((client) => ensurePartitions(client, Date.now(), options.daysAhead))
      .then(
        () => undefined,
        () => undefined,
      );
  const ready = run();
  const timer = setInterval(() => void run(), HOUR_MS);
  timer.unref();
  return { ready, stop: () => clearInterval(timer) };
}
