import type { EventKind } from "../domain/ingest.ts";

/** Why a single event was refused, as a closed list. `unstorable`: by the database alone, which the form of events should have done. */
export const EVENT_REFUSALS = ["invalid", "too_old", "in_the_future", "unstorable"] as const;
export type EventRefusal = (typeof EVENT_REFUSALS)[number];

/** What happens to events. Implementations must not throw. */
export interface IngestObserver {
  /** Committed; `duplicates` were there before. */
  committed(event: {
    readonly tenant: string;
    readonly kind: EventKind;
    readonly accepted: number;
    readonly duplicates: number;
  }): void;
  /** A score was committed. */
  scored(event: { readonly tenant: string; readonly role: string | null; readonly score: number }): void;
  refused(event: { readonly tenant: string; readonly reason: EventRefusal; readonly events: number }): void;
  /** One transaction of events of one tenant. */
  batchWritten(event: { readonly tenant: string; readonly events: number; readonly seconds: number }): void;
  writeFailed(event: { readonly tenant: string; readonly events: number; readonly error: unknown }): void;
}
