import type { Deliverable } from "../event.ts";

export interface BatchLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
}

/** Events that were read and wait to form a batch: by number, by bytes, by time, or because somebody wants them sent. */
export interface EventBuffer<E extends Deliverable> {
  add(events: readonly E[]): void;
  /** The next batch; `null` while it has to wait. Events below `flushTo` do not. */
  take(flushTo: number): readonly E[] | null;
  /** Milliseconds until the oldest event has waited long enough; `null` when there is none. */
  dueInMs(): number | null;
  readonly events: number;
  readonly bytes: number;
  oldest(): E | undefined;
}

export function createEventBuffer<E extends Deliverable>(
  limits: BatchLimits,
  now: () => number = () => performance.now(),
): EventBuffer<E> {
  const { maxEvents, maxBytes, maxWaitMs } = limits;
  let waiting: { readonly event: E; readonly since: number }[] = [];
  let bytes = 0;

  /** How many of the first events are a batch, and whether it is full. */
  function next(): { readonly count: number; readonly full: boolean } {
    let sum = 0;
    let count = 0;
    for (const { event } of waiting) {
      if (count >= maxEvents || (count > 0 && sum + event.size > maxBytes)) return { count, full: true };
      sum += event.size;
      count += 1;
    }
    return { count, full: count >= maxEvents || sum >= maxBytes };
  }

  const dueInMs = () => {
    const [first] = waiting;
    return first === undefined ? null : Math.max(0, first.since + maxWaitMs - now());
  };

  return {
    add(events) {
      const since = now();
      for (const event of events) {
        waiting.push({ event, since });
        bytes += event.size;
      }
    },
    take(flushTo) {
      const [first] = waiting;
      if (first === undefined) return null;
      const { count, full } = next();
      if (!full && dueInMs() !== 0 && first.event.seq >= flushTo) return null;
      const batch = waiting.slice(0, count).map(({ event }) => event);
      waiting = waiting.slice(count);
      for (const event of batch) bytes -= event.size;
      return batch;
    },
    dueInMs,
    get events() {
      return waiting.length;
    },
    get bytes() {
      return bytes;
    },
    oldest: () => waiting[0]?.event,
  };
}
