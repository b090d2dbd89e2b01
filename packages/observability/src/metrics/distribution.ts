import type { Exemplar } from "./recorder-types.ts";
import { addSparse, createSparseBuckets, type SparseBuckets } from "./sparse-buckets.ts";

/** The latest value of a bucket that came with a trace; time in seconds since 1970. */
export interface BucketExemplar {
  readonly labelSet: { readonly trace_id: string; readonly span_id: string };
  readonly value: number;
  readonly timestamp: number;
}

/** What one series of a histogram has counted. */
export interface Distribution {
  /** Values of each bucket alone, not summed up; the last one is beyond all bounds. */
  readonly counts: number[];
  readonly exemplars: (BucketExemplar | undefined)[];
  sum: number;
  count: number;
  /** Of a native histogram; `null` where none are kept. */
  readonly sparse: SparseBuckets | null;
}

export function createDistribution(bounds: readonly number[], isNative = false): Distribution {
  const buckets = bounds.length + 1;
  return {
    counts: Array.from({ length: buckets }, () => 0),
    exemplars: Array.from({ length: buckets }, () => undefined),
    sum: 0,
    count: 0,
    sparse: isNative ? createSparseBuckets() : null,
  };
}

/** Adds a value. An exemplar with ids that are none is left out. */
export function addValue(
  distribution: Distribution,
  bounds: readonly number[],
  value: number,
  exemplar: Exemplar | undefined,
): void {
  let bucket = 0;
  while (bucket < bounds.length && value > (bounds[bucket] as number)) {
    bucket += 1;
  }
  distribution.counts[bucket] = (distribution.counts[bucket] as number) + 1;
  distribution.sum += value;
  distribution.count += 1;
  if (distribution.sparse !== null) {
    addSparse(distribution.sparse, value);
  }
  // OpenMetrics takes 128 characters; ids of another length are no ids.
  if (exemplar !== undefined && exemplar.traceId.length === 32 && exemplar.spanId.length === 16) {
    distribution.exemplars[bucket] = {
      labelSet: { trace_id: exemplar.traceId, span_id: exemplar.spanId },
      value,
      timestamp: Date.now() / 1_000,
    };
  }
}
