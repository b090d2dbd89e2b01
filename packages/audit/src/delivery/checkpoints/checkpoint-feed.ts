import type { SignedCheckpoint } from "./checkpoint-event.ts";

/** Signed tree heads of the transparency log. */
export interface CheckpointFeed {
  /** The newest one of more than `after` events, and of no more than `upTo`; `null` when there is none. */
  newest(after: number, upTo: number): Promise<SignedCheckpoint | null>;
}
