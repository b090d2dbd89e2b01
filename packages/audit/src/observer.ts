import type { AuditErrorCode } from "./errors.ts";
import type { AcceptedEvent } from "./events/accepted-event.ts";

/** Work that goes on in the background and is tried again when it fails. */
export type BackgroundTask = "partitions" | "retention" | "orphan_scan" | "storage" | "spool";

/** An event that was just committed, with its position in the log. */
export interface NewlyStoredEvent {
  readonly event: AcceptedEvent;
  readonly seq: bigint;
}

/** What happens in the audit store. Closed; each member is called synchronously and must not block. */
export interface AuditObserver {
  /** Committed together, in the order of their numbers. */
  recorded(events: readonly NewlyStoredEvent[]): void;
  /** One commit. `seconds` from sending the batch to its acknowledgement. */
  batchCommitted(batch: { readonly rows: number; readonly seconds: number }): void;
  /** Records whose callers got this error. `known`: the store was known to be away, and no write was tried. */
  writeFailed(failure: {
    readonly code: AuditErrorCode;
    readonly rows: number;
    readonly error: unknown;
    readonly known: boolean;
  }): void;
  /** Records that wait for their commit, their bytes, and how many may wait. */
  queueChanged(waiting: number, bytes: number, capacity: number): void;
  /** The database takes no records any more. Callers learn so at once until it is back. */
  storeLost(error: unknown): void;
  storeRegained(absence: { readonly seconds: number }): void;
  /**
   * The database has not got the event `id`, which it had committed at `seq`: it is another one, or an older state of it. Where
   * `nextSeq`, the number of the next event, is not above `seq`, all from there to `seq` are missing; else others have their numbers.
   */
  storeSetBack(loss: { readonly id: string; readonly seq: bigint; readonly nextSeq: bigint }): void;
  /** On the disk, waiting for the database; `recorded` follows when it is there. */
  spooled(event: AcceptedEvent): void;
  spoolChanged(spool: { readonly bytes: number; readonly maxBytes: number }): void;
  /** A spooled line that the database refuses, or that is damaged, was put into the quarantine of the spool's folder. */
  quarantined(line: { readonly reason: string }): void;
  /** Let through although nothing could keep the record (`whenDown: "open"`): this call is all there is of it. */
  passedUnrecorded(event: AcceptedEvent, error: unknown): void;
  /** Retention dropped what was older than configured. */
  purged(purge: {
    readonly table: "events" | "payloads";
    readonly rows: number;
    readonly partition: string;
  }): void;
  /** Retention would drop this, but must not yet. */
  purgeHeld(hold: { readonly partition: string; readonly reason: string }): void;
  payloadsErased(erasure: { readonly payloads: number; readonly eventId: string }): void;
  /** Intents without an outcome, as the last scan counts them. */
  orphansCounted(orphans: number): void;
  /** Bytes that the tables of the audit log take, with their indexes. */
  storageMeasured(bytes: number): void;
  backgroundFailed(failure: { readonly task: BackgroundTask; readonly error: unknown }): void;
}

/** Does nothing: to be completed by those who listen (`combineObservers`). */
export const SILENT_AUDIT_OBSERVER: AuditObserver = {
  recorded: () => undefined,
  batchCommitted: () => undefined,
  writeFailed: () => undefined,
  queueChanged: () => undefined,
  storeLost: () => undefined,
  storeRegained: () => undefined,
  storeSetBack: () => undefined,
  spooled: () => undefined,
  spoolChanged: () => undefined,
  quarantined: () => undefined,
  passedUnrecorded: () => undefined,
  purged: () => undefined,
  purgeHeld: () => undefined,
  payloadsErased: () => undefined,
  orphansCounted: () => undefined,
  storageMeasured: () => undefined,
  backgroundFailed: () => undefined,
};
