import type { SentEvent } from "./types.ts";

/** An event, and the line of the body that says it. */
export interface QueuedEvent {
  readonly event: SentEvent;
  readonly line: string;
}

/** Events in the order in which they came. The first ones are a batch once they are being sent, and stay until that is settled. */
export interface EventQueue {
  readonly length: number;
  push(event: QueuedEvent): void;
  /** The first ones, as many as fit. At least one, unless there is none. */
  batch(maxEvents: number, maxBytes: number): readonly QueuedEvent[];
  /** Takes the first ones out. */
  drop(count: number): void;
  all(): readonly QueuedEvent[];
}

/** Settled ones are cut off at once when they are half of the array: each moves about once. */
export function createEventQueue(): EventQueue {
  let events: QueuedEvent[] = [];
  let first = 0;
  return {
    get length() {
      return events.length - first;
    },
    push: (event) => void events.push(event),
    batch(maxEvents, maxBytes) {
      let bytes = 0;
      let end = first;
      while (end < events.length && end - first < maxEvents) {
        bytes += byteLength(events[end]?.line ?? "");
        if (bytes > maxBytes && end > first) {
          break;
        }
        end += 1;
      }
      return events.slice(first, end);
    },
    drop(count) {
      first += count;
      if (first * 2 > events.length) {
        events = events.slice(first);
        first = 0;
      }
    },
    all: () => events.slice(first),
  };
}

const ENCODER = new TextEncoder();

/** In UTF-8. */
export function byteLength(text: string): number {
  return ENCODER.encode(text).length;
}
