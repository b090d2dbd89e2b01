import type { Deliverable } from "../../domain/deliverable.ts";

/** The log as deliveries see it. */
export interface Feed<E extends Deliverable> {
  /**
   * Events from `fromSeq` on, in order, at most `limit` and, beyond the first one, `maxBytes` of them. Numbers without
   * an event are left out. Rejects when the store cannot be read.
   */
  readFeed(fromSeq: number, limit: number, maxBytes: number): Promise<readonly E[]>;
}
