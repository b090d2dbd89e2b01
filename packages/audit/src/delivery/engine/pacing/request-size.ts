import type { DeliveryResult } from "../../domain/sink.ts";

/** How many batches go out as one request while a destination catches up. */
export interface RequestSize {
  /** From 1 on. */
  readonly batches: number;
  /** How a request of so many events ended. */
  finished(result: DeliveryResult["kind"], events: number, named: boolean): void;
}

/** Successes in a row after which a larger request is tried again that was refused. */
const FORGIVEN_AFTER = 64;

/**
 * Doubles with each success up to `maxBatches`, and begins anew after a failure: a receiver that is in trouble gets a
 * batch at a time. A request that was refused without a name may have been too large for it: then half as much is the
 * most for a while.
 */
export function createRequestSize(maxBatches: number, batchEvents: number): RequestSize {
  let batches = 1;
  let ceiling = maxBatches;
  let successes = 0;
  return {
    get batches() {
      return batches;
    },
    finished(result, events, named) {
      switch (result) {
        case "delivered":
        case "sent":
        case "awaiting":
          successes += 1;
          if (successes % FORGIVEN_AFTER === 0) {
            ceiling = Math.min(maxBatches, ceiling * 2);
          }
          batches = Math.min(ceiling, batches * 2);
          return;
        case "rejected":
          if (!named && events > batchEvents) {
            ceiling = Math.max(1, Math.floor(events / batchEvents / 2));
          }
          successes = 0;
          batches = 1;
          return;
        case "retry":
        case "maybe_duplicate":
        case "configuration":
          successes = 0;
          batches = 1;
      }
    },
  };
}
