/** Runs `work`, then what it deferred, newest first, however `work` ended. */
export async function withCleanup<T>(work: (defer: (step: () => unknown) => void) => Promise<T>): Promise<T> {
  const steps: (() => unknown)[] = [];
  try {
    return await work((step) => steps.push(step));
  } finally {
    for (const step of steps.toReversed()) {
      await step();
    }
  }
}
