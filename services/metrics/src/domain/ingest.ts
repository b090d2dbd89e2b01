export const EVENT_KINDS = ["activity", "score"] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** Something that a user of a tenant did. */
export interface ActivityEvent {
  readonly kind: "activity";
  /** What the sender calls it, as a UUID: sent again, it is counted once. */
  readonly key: string;
  readonly user: string;
  readonly type: string;
  /** Unix milliseconds. */
  readonly occurredAt: number;
  /** JSON text of an object. */
  readonly attributes: string | null;
}

/** How productive a user of a tenant was. */
export interface ScoreEvent {
  readonly kind: "score";
  readonly key: string;
  readonly user: string;
  /** `null`: those that the user has in the tenant when the score is stored. */
  readonly role: string | null;
  readonly team: string | null;
  /** 0 to 100. */
  readonly score: number;
  readonly occurredAt: number;
  readonly attributes: string | null;
}

export type IngestEvent = ActivityEvent | ScoreEvent;

/** What was committed, for those who act on it: live updates, metrics. Events that were there before are not among them. */
export interface IngestedBatch {
  readonly tenant: string;
  readonly events: readonly IngestEvent[];
}

/** Told after the commit, each event once. Must not throw, and must not wait. */
export type IngestListener = (batch: IngestedBatch) => void;
