import type { SignedCheckpoint } from "../../checkpoints/checkpoint-event.ts";
import type { Deliverable, DeliverableEvent } from "../../audit-events/deliverable-event.ts";

/** The log as deliveries see it. */
export interface Feed<E extends Deliverable = DeliverableEvent> {
  /**
   * Events from `fromSeq` on, in order, at most `limit` and, beyond the first one, `maxBytes` of them. Numbers without
   * an event are left out. Rejects when the store cannot be read.
   */
  readFeed(fromSeq: number, limit: number, maxBytes: number): Promise<readonly E[]>;
}

/** Signed tree heads of the transparency log. */
export interface CheckpointFeed {
  /** The newest one of more than `after` events, and of no more than `upTo`; `null` when there is none. */
  newest(after: number, upTo: number): Promise<SignedCheckpoint | null>;
}
