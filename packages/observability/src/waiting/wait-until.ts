import { wait } from "./wait.ts";

/** How often a condition is looked at, and what ends the wait for it. */
export interface WaitUntilOptions {
  /** Pause between two looks, in milliseconds. */
  readonly everyMs: number;
  /** Gives up. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks again and again until the condition holds, for what cannot tell by itself. Resolves to `true` then, or to
 * `false` when the signal is aborted first. Rejects as the condition does. At least one look is made, unless the signal
 * was aborted before.
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { everyMs, signal }: WaitUntilOptions,
): Promise<boolean> {
  if (signal?.aborted === true) {
    return false;
  }
  do {
    if (await condition()) {
      return true;
    }
  } while (await wait(everyMs, { signal }));
  return false;
}
