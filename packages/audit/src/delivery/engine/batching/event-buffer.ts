import type { Deliverable } from "../../domain/deliverable.ts";

export interface BatchLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
}

/** Events that were read and wait to form a batch: by number, by bytes, by time, or because a flush was asked for. */
export interface EventBuffer<E extends Deliverable> {
  add(events: readonly E[]): void;
  /**
   * The next batch; `null` while it has to wait. Events below `flushTo` do not. Up to `batches` of them are taken together
   * where many wait.
   */
  take(flushTo: number, batches?: number): readonly E[] | null;
  /** Milliseconds until the oldest event has waited long enough; `null` when there is none. */
  dueInMs(): number | null;
  readonly events: number;
  readonly bytes: number;
  oldest(): E | undefined;
}

/** So many full batches wait: then several go out as one request. */
const CATCHING_UP = 10;

export function createEventBuffer<E extends Deliverable>(
  limits: BatchLimits,
  now: () => number = () => performance.now(),
): EventBuffer<E> {
  const { maxEvents, maxBytes, maxWaitMs } = limits;
  let waiting: { readonly event: E; readonly since: number }[] = [];
  /** Those before it were taken. */
  let first = 0;
  let bytes = 0;

  /** How many of the first events are as many batches, and whether they are full. */
  function next(batches: number): { readonly count: number; readonly full: boolean } {
    const [mostEvents, mostBytes] = [maxEvents * batches, maxBytes * batches];
    let sum = 0;
    let count = 0;
    for (let at = first; at < waiting.length; at += 1) {
      const size = waiting[at]?.event.size ?? 0;
      if (count >= mostEvents || (count > 0 && sum + size > mostBytes)) {
        return { count, full: true };
      }
      sum += size;
      count += 1;
    }
    return { count, full: count >= mostEvents || sum >= mostBytes };
  }

  const dueInMs = () => {
    const oldest = waiting[first];
    return oldest === undefined ? null : Math.max(0, oldest.since + maxWaitMs - now());
  };

  return {
    add(events) {
      const since = now();
      for (const event of events) {
        waiting.push({ event, since });
        bytes += event.size;
      }
    },
    take(flushTo, batches = 1) {
      const oldest = waiting[first];
      if (oldest === undefined) {
        return null;
      }
      const together = waiting.length - first >= CATCHING_UP * maxEvents ? batches : 1;
      const { count, full } = next(together);
      if (!full && dueInMs() !== 0 && oldest.event.seq >= flushTo) {
        return null;
      }
      const batch = waiting.slice(first, first + count).map(({ event }) => event);
      first += count;
      if (first * 2 > waiting.length) {
        waiting = waiting.slice(first);
        first = 0;
      }
      for (const event of batch) {
        bytes -= event.size;
      }
      return batch;
    },
    dueInMs,
    get events() {
      return waiting.length - first;
    },
    get bytes() {
      return bytes;
    },
    oldest: () => waiting[first]?.event,
  };
}
