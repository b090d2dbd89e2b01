/** How one destination stands, in events of the log. */
export interface DestinationStatus {
  readonly name: string;
  readonly platform: string | null;
  readonly enabled: boolean;
  /** Its first event's number, and that of the first one that is not settled. */
  readonly startSeq: number;
  readonly cursorSeq: number;
  /** Events of the log since its start. They are the sum of the six that follow, or `addsUp` is false. */
  readonly written: number;
  readonly acknowledged: number;
  /** Sent to a receiver that cannot acknowledge. */
  readonly sent: number;
  readonly quarantined: number;
  /** Taken out of quarantine by an operator, undelivered. */
  readonly discarded: number;
  /** Deleted from the log before they could be delivered. */
  readonly purged: number;
  readonly behind: number;
  readonly addsUp: boolean;
  /** Age of the oldest event that is not settled; 0 when there is none. */
  readonly behindSeconds: number;
  /** Since when an operator holds it back, and why. */
  readonly paused: { readonly since: Date; readonly reason: string } | null;
  /** The replica that delivers, as it called itself last. */
  readonly leader: string | null;
  /** What the leader said last. */
  readonly state: string | null;
  readonly stateReason: string | null;
  readonly stateSince: Date | null;
  /** When the leader tries again after a failure. */
  readonly nextAttemptAt: Date | null;
  /** Events, among those that are behind, that the receiver took and has not acknowledged, and since when the oldest. */
  readonly awaiting: { readonly events: number; readonly since: Date | null };
  readonly lastAcknowledgedAt: Date | null;
  readonly lastSentAt: Date | null;
  /** Leaves of the last signed tree that it was told of; 0 when it was told of none. */
  readonly checkpointSize: number;
}

/** What people do with destinations, from any process that reaches the database; leaders notice within a moment. */
export interface DestinationControl {
  status(): Promise<readonly DestinationStatus[]>;
  /** Holds a destination back; what it misses is kept, also from retention. Rejects with `unknown_destination`. */
  pause(name: string, reason: string): Promise<void>;
  /** Ends a pause, and has what waits for a fault to be mended tried now. */
  resume(name: string): Promise<void>;
  /** Has everything that is committed by now sent without waiting for full batches; resolves to the first number beyond. */
  requestFlush(name: string): Promise<number>;
  /** The first event that is not settled. */
  cursor(name: string): Promise<number>;
  /**
   * Forgets a destination with its quarantine; it must not be in any replica's settings. Rejects with
   * `destination_in_use` while a replica delivers to it.
   */
  remove(name: string): Promise<void>;
}
