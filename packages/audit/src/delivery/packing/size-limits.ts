import type { Failure, PreparedRequest } from "../domain/sink.ts";

/** Bytes of a request's content, and of one event in it. */
export interface SizeLimits {
  readonly maxBytes: number;
  readonly maxEntryBytes: number;
}

/** Limits that shrink to what a receiver, or a proxy before it, turns out to take. */
export interface LearnedLimits {
  readonly current: SizeLimits;
  /** What a 413 means for the events, which were not read, and for the limits from now on. */
  tooLarge(request: PreparedRequest, reason: string): Failure;
}

/** Every event fits in here, once it is cut. */
const SMALLEST = 16 * 1024;

/**
 * Several events are sent in halves, and one alone is cut. So no event is refused for its size, and a large one that some
 * caller made does not hold the others up.
 */
export function learnLimits(initial: SizeLimits): LearnedLimits {
  let current = initial;
  return {
    get current() {
      return current;
    },
    tooLarge({ events, contentBytes }, reason) {
      if (events.length > 1) {
        const maxBytes = Math.min(current.maxBytes, Math.max(SMALLEST, contentBytes >> 1));
        current = { ...current, maxBytes };
        return { kind: "rejected", index: null, reason };
      }
      if (current.maxEntryBytes <= SMALLEST) {
        return { kind: "configuration", reason };
      }
      const maxEntryBytes = Math.max(SMALLEST, Math.min(current.maxEntryBytes, contentBytes) >> 2);
      current = { ...current, maxEntryBytes };
      return { kind: "retry", reason: `${reason}; events are cut to ${maxEntryBytes} bytes` };
    },
  };
}
