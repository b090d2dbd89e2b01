import type { Deliverable } from "../../domain/deliverable.ts";

/** An event that the destination refused for good. */
export interface Refused<E extends Deliverable> {
  readonly event: E;
  readonly reason: string;
}

/** What can be written down: everything below `to` is settled. */
export interface Progress<E extends Deliverable> {
  readonly from: number;
  readonly to: number;
  readonly acknowledged: number;
  /** Delivered to a receiver that cannot acknowledge. */
  readonly sent: number;
  /** Positions of the log that had no event any more. */
  readonly purged: number;
  readonly quarantined: readonly Refused<E>[];
}
