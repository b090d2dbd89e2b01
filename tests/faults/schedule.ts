import { FAULTS, type FaultName, type Strike } from "./faults.ts";
import type { Seeded } from "./seeded.ts";

const DAY_MS = 86_400_000;

/** Strikes without end: all kinds in an order of the seed, then all of them in another. */
export function* schedule(
  seeded: Seeded,
  options: { readonly targets: number; readonly without: readonly FaultName[]; readonly longestMs: number },
): Generator<Strike> {
  const kinds = (Object.keys(FAULTS) as FaultName[]).filter((fault) => !options.without.includes(fault));
  for (;;) {
    for (const fault of seeded.shuffle(kinds)) {
      yield {
        fault,
        afterMs: seeded.between(20, options.longestMs),
        holdMs: seeded.between(0, options.longestMs),
        target: seeded.between(0, options.targets - 1),
        requests: seeded.between(1, 3),
        clockOffsetMs: seeded.between(-40 * DAY_MS, 40 * DAY_MS),
      };
    }
  }
}
