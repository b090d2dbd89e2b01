/** One look at the gateway, after its garbage was collected. */
export interface Sample {
  /** Since the load began, in milliseconds. */
  readonly atMs: number;
  /** Live objects, in bytes. */
  readonly heap: number;
  /** Resident memory, in bytes. */
  readonly memory: number;
  readonly descriptors: number;
}

export interface Growth {
  readonly figure: "heap" | "memory" | "descriptors";
  /** Medians of the first and of the last third of what came after the warm-up. */
  readonly first: number;
  readonly last: number;
  /** The most that `last` may be. */
  readonly allowed: number;
  readonly flat: boolean;
}

/** Caches fill, and code is compiled, in this share of a run. */
const WARM_UP = 0.2;
/** What a figure may grow by: a share of it, and this on top, which is noise whatever the run. */
const ALLOWED = {
  heap: { share: 0.1, more: 4 * 2 ** 20 },
  memory: { share: 0.15, more: 32 * 2 ** 20 },
  descriptors: { share: 0, more: 12 },
} as const;
const FEWEST_SAMPLES = 9;

export const RULE =
  "After a warm-up of a fifth of the run, the median of the last third is at most that of the first third plus 10 % and 4 MiB of live heap, 15 % and 32 MiB of resident memory, 12 descriptors.";

/** Whether what the gateway takes stays as it is. Throws where there are too few samples to tell. */
export function measureGrowth(samples: readonly Sample[]): readonly Growth[] {
  const end = samples.at(-1)?.atMs ?? 0;
  const warm = samples.filter(({ atMs }) => atMs >= end * WARM_UP);
  if (warm.length < FEWEST_SAMPLES) {
    throw new Error(`${warm.length} samples after the warm-up are too few to tell: run it for longer`);
  }
  const third = Math.floor(warm.length / 3);
  return (["heap", "memory", "descriptors"] as const).map((figure) => {
    const first = median(warm.slice(0, third).map((sample) => sample[figure]));
    const last = median(warm.slice(-third).map((sample) => sample[figure]));
    const { share, more } = ALLOWED[figure];
    const allowed = first * (1 + share) + more;
    return { figure, first, last, allowed, flat: last <= allowed };
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] =
    sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]];
  return (low + high) / 2;
}
