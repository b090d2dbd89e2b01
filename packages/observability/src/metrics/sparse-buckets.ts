/**
 * The buckets of a native histogram of Prometheus: as fine everywhere as the values ask for, and only those that have some. Of
 * schema `n` a bucket is 2^(2^-n) times as wide as the one before it; bucket `i` ends at 2^(i · 2^-n), which belongs to it.
 * https://prometheus.io/docs/specs/native_histograms/
 */
export interface SparseBuckets {
  schema: number;
  /** Values that are nearer to 0 than `ZERO_THRESHOLD`. */
  zero: number;
  readonly positive: Map<number, number>;
  /** By their absolute values. */
  readonly negative: Map<number, number>;
}

/** Each bucket 9 % wider than the one before it: quantiles are off by no more than 5 %. */
const FIRST_SCHEMA = 3;
/** With more of them, each two become one: what a series takes of memory and of each scrape is bounded. */
export const MAX_SPARSE_BUCKETS = 160;
/** As the official clients have it. */
export const ZERO_THRESHOLD = 2 ** -128;

export function createSparseBuckets(): SparseBuckets {
  return { schema: FIRST_SCHEMA, zero: 0, positive: new Map(), negative: new Map() };
}

/** Adds a finite value. */
export function addSparse(buckets: SparseBuckets, value: number): void {
  const size = Math.abs(value);
  if (size <= ZERO_THRESHOLD) {
    buckets.zero += 1;
    return;
  }
  const side = value > 0 ? buckets.positive : buckets.negative;
  const index = Math.ceil(Math.log2(size) * 2 ** buckets.schema);
  side.set(index, (side.get(index) ?? 0) + 1);
  while (buckets.positive.size + buckets.negative.size > MAX_SPARSE_BUCKETS) {
    widen(buckets);
  }
}

/** Two neighbours become one: the ends of the wider buckets are among those that there were. */
function widen(buckets: SparseBuckets): void {
  buckets.schema -= 1;
  for (const side of [buckets.positive, buckets.negative]) {
    const counted = [...side];
    side.clear();
    for (const [index, count] of counted) {
      const wider = Math.ceil(index / 2);
      side.set(wider, (side.get(wider) ?? 0) + count);
    }
  }
}

/** Buckets that follow each other, as the protocol writes them. */
export interface Run {
  /** How many are left out before it; of the first run the index of its first bucket. */
  readonly offset: number;
  readonly counts: readonly number[];
}

/** All buckets of a side in order. */
export function runsOf(side: ReadonlyMap<number, number>): readonly Run[] {
  const runs: { offset: number; counts: number[] }[] = [];
  let due: number | null = null;
  for (const [index, count] of [...side].toSorted(([a], [b]) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && index === due) {
      run.counts.push(count);
    } else {
      runs.push({ offset: due === null ? index : index - due, counts: [count] });
    }
    due = index + 1;
  }
  return runs;
}
