import type { Settled } from "./sink.ts";

/** How sending ended, or that it was given up with this reason. Leaves no listener behind: the signal may live for months. */
export async function unlessAborted(
  settled: Promise<Settled>,
  signal: AbortSignal,
  reason: string,
): Promise<Settled> {
  const { promise: aborted, resolve } = Promise.withResolvers<Settled>();
  const giveUp = () => resolve({ kind: "maybe_duplicate", reason });
  if (signal.aborted) {
    giveUp();
  } else {
    signal.addEventListener("abort", giveUp, { once: true });
  }
  try {
    return await Promise.race([settled, aborted]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
