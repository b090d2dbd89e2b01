/** Ends what a step of the start began. */
export type Cleanup = () => Promise<unknown> | void;

/**
 * Runs them in the order opposite to that of the start, each once. One that fails keeps none of the others from running:
 * the audit log must be written to its end whatever else happens. Rejects with what failed.
 */
export async function endAll(cleanups: Cleanup[]): Promise<void> {
  const failures: unknown[] = [];
  for (const cleanup of cleanups.splice(0).toReversed()) {
    try {
      await cleanup();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 1) {
    throw new AggregateError(failures, "parts of the service could not be ended");
  }
  if (failures.length === 1) {
    throw failures[0];
  }
}
