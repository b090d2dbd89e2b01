import type { Deliverable } from "../../domain/deliverable.ts";
import type { Progress } from "./progress.ts";

/** What is written down of a destination, for all who ask. */
export interface DestinationRow {
  readonly name: string;
  readonly enabled: boolean;
  /** The first event that is not settled. */
  readonly cursor: number;
  readonly paused: boolean;
  /** Everything below it is to be sent without waiting for a full batch. */
  readonly flushTo: number;
  /** Whether events in quarantine wait to be sent again. */
  readonly replaysWaiting: boolean;
  /** Events in quarantine. */
  readonly quarantined: number;
  /** Counted up each time that it is resumed: what held it back is to be tried again now. */
  readonly resumes: number;
  /** Refusals since the last delivered event, or since it was resumed. */
  readonly refusedInRow: number;
  /** Size of the last signed tree that it was told of. */
  readonly checkpointSize: number;
}

/** Refusals in a row, as a leader knows them that has seen so many `resumes`. */
export interface RefusalState {
  readonly inRow: number;
  readonly resumes: number;
}

/** What became of an event that left for a receiver: it was acknowledged, or sent to one that cannot acknowledge. */
export type Delivered = "acknowledged" | "sent";

export interface LedgerView {
  readonly destinations: readonly DestinationRow[];
  /** The number that the next event of the log will get. */
  readonly head: number;
}

/** Where deliveries are written down, by the leader alone. Each call is one transaction and rejects when it was not made. */
export interface Ledger<E extends Deliverable> {
  view(): Promise<LedgerView>;
  /**
   * Moves the cursor; rejects with `LostLeadershipError` when it is not where `progress.from` says. The refusals in a row
   * go with it, unless the destination was resumed after them.
   */
  advance(name: string, progress: Progress<E>, refusals: RefusalState): Promise<void>;
  /** Events in quarantine that were asked to be sent again, oldest first. */
  readReplays(name: string, limit: number): Promise<readonly E[]>;
  /** Takes events out of quarantine that were delivered after all. */
  replayed(name: string, events: readonly E[], as: Delivered): Promise<void>;
  /** Leaves an event in quarantine that was refused again. */
  refusedAgain(name: string, event: E, reason: string): Promise<void>;
  /** The destination was told of the signed tree of that size. */
  checkpointed(name: string, size: number): Promise<void>;
  /** For those who ask from elsewhere how it is. */
  reportState(name: string, state: ReportedState): Promise<void>;
}

export interface ReportedState {
  readonly state: "running" | "retrying" | "open" | "configuration" | "paused";
  readonly reason: string | null;
  /** When the next request may go out, in milliseconds since the epoch; `null` when nothing holds it back. */
  readonly nextAttemptAt: number | null;
  /** Events that the receiver took and has not acknowledged yet, and since when the oldest; `null` when there are none. */
  readonly awaiting: { readonly events: number; readonly since: number } | null;
}

/** The cursor is not where it was left: another leader moved it, or the destination was removed. */
export class LostLeadershipError extends Error {
  override readonly name = "LostLeadershipError";
}
