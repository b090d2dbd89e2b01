/** An event that a destination refused for good, with the reason. */
export interface QuarantinedEvent {
  readonly destination: string;
  readonly seq: number;
  readonly eventId: string;
  /** Why the destination refused it, last. */
  readonly reason: string;
  /** Times that it was refused. */
  readonly attempts: number;
  readonly quarantinedAt: Date;
  /** Since when it waits to be sent again; `null` when that was not asked for. */
  readonly replayRequestedAt: Date | null;
  /** The record, as canonical JSON; of a log, the line. */
  readonly canonical: string;
}

/** Which events of a destination's quarantine; all of them without `seqs`. */
export interface QuarantineSelection {
  readonly destination: string;
  /** Only events of this tenant. */
  readonly tenant?: string;
  readonly seqs?: readonly number[];
}

/** What destinations refused for good, for people to look at and decide. */
export interface Quarantine {
  /** Oldest first, after the given number. */
  list(
    destination: string,
    page?: { readonly afterSeq?: number; readonly limit?: number; readonly tenant?: string },
  ): Promise<readonly QuarantinedEvent[]>;
  /** Has them sent again; resolves to their number. What is refused again stays, with the new reason. */
  replay(selection: QuarantineSelection): Promise<number>;
  /** Gives them up; they count as discarded. Resolves to their number. */
  discard(selection: QuarantineSelection): Promise<number>;
}
