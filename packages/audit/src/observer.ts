import type { AuditErrorCode } from "./errors.ts";
import type { StoredEvent } from "./events/stored-event.ts";

/** What happens in the audit store. Closed; each member is called synchronously and must not throw or block. */
export interface AuditObserver {
  /** Committed, one call per event. */
  recorded?(event: StoredEvent, seq: bigint): void;
  /** One commit. `seconds` from sending the batch to its acknowledgement. */
  batchCommitted?(batch: { readonly rows: number; readonly seconds: number }): void;
  /** Records whose callers got this error. */
  writeFailed?(failure: {
    readonly code: AuditErrorCode;
    readonly rows: number;
    readonly error: unknown;
  }): void;
  queueChanged?(waiting: number): void;
}

/** Tells several observers of each event, in order. */
export function combineObservers(...observers: readonly AuditObserver[]): Required<AuditObserver> {
  return {
    recorded: (event, seq) => observers.forEach((observer) => observer.recorded?.(event, seq)),
    batchCommitted: (batch) => observers.forEach((observer) => observer.batchCommitted?.(batch)),
    writeFailed: (failure) => observers.forEach((observer) => observer.writeFailed?.(failure)),
    queueChanged: (waiting) => observers.forEach((observer) => observer.queueChanged?.(waiting)),
  };
}
