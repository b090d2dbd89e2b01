import { setImmediate as nextTurn } from "node:timers/promises";

/** What work did to the event loop, in milliseconds of this thread's processor time. */
export interface Blocked {
  /** The longest time between two turns of the event loop. */
  readonly longest: number;
  readonly total: number;
}

/**
 * Runs `work` and finds out for how long nothing else of the process could run. Processor time is what is measured, so
 * that a machine that is busy with other things does not count.
 */
export async function longestBlock(work: () => unknown): Promise<Blocked> {
  const began = threadTime();
  let longest = 0;
  const beating = new AbortController();
  let turn = threadTime();
  const beat = (async () => {
    while (!beating.signal.aborted) {
      await nextTurn();
      const now = threadTime();
      longest = Math.max(longest, now - turn);
      turn = now;
    }
  })();
  await nextTurn();
  try {
    await work();
  } finally {
    beating.abort();
    await beat;
  }
  return { longest, total: threadTime() - began };
}

/** A tenth of a second of plain work on a quiet laptop, on this machine as it is now: what bounds are given in. */
export function unitOfWork(): number {
  const times = Array.from({ length: 5 }, () => {
    const began = threadTime();
    let text = "";
    for (let round = 0; round < 20; round += 1) {
      text = JSON.stringify(JSON.parse(DOCUMENT));
    }
    return text.length === DOCUMENT.length ? threadTime() - began : Number.NaN;
  });
  return times.sort((a, b) => a - b)[2] ?? Number.NaN;
}

const DOCUMENT = JSON.stringify(
  Array.from({ length: 5_000 }, (_, index) => ({ name: `tool-${index}`, index })),
);

/** Processor time of this thread so far, in milliseconds: what a machine that is busy with other things does not change. */
export function threadTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
