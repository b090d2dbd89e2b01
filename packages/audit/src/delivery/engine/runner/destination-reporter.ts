import type { Deliverable } from "../../domain/deliverable.ts";
import type { DeliveryObserver, DeliveryOperation } from "../ports/observer.ts";
import type { FinishedRequest } from "../sending/deliver-batch.ts";
import type { Progress } from "../ports/progress.ts";

/** What a runner has sent, since it began. */
export interface SentFigures {
  readonly contentBytes: number;
  readonly sentBytes: number;
  readonly lastBatchEvents: number;
  /** Milliseconds since the epoch. */
  readonly lastDeliveredAt: number | null;
}

/** Tells the observer what happens to one destination, and keeps the figures of it. */
export interface DestinationReporter {
  requestFinished(finished: FinishedRequest<Deliverable>): void;
  progressWritten(progress: Progress<Deliverable>): void;
  replayed(events: { readonly acknowledged: number; readonly sent: number }): void;
  storeFailed(operation: DeliveryOperation): (error: unknown) => void;
  figures(): SentFigures;
}

export function createDestinationReporter(
  observer: DeliveryObserver,
  destination: string,
  platform: string,
): DestinationReporter {
  let figures: SentFigures = { contentBytes: 0, sentBytes: 0, lastBatchEvents: 0, lastDeliveredAt: null };
  const target = { destination, platform };

  return {
    requestFinished({ request, result, seconds, confirmation }) {
      const { events, contentBytes, sentBytes, cut, late } = request;
      // What a confirmation confirms was counted with its request.
      const sizes = confirmation
        ? { contentBytes: 0, sentBytes: 0, cut: 0, late: 0 }
        : { contentBytes, sentBytes, cut, late };
      figures = {
        contentBytes: figures.contentBytes + sizes.contentBytes,
        sentBytes: figures.sentBytes + sizes.sentBytes,
        lastBatchEvents: events.length,
        lastDeliveredAt:
          result.kind === "delivered" || result.kind === "sent" ? Date.now() : figures.lastDeliveredAt,
      };
      const unconfirmed = result.kind === "sent" ? (result.unconfirmed ?? null) : null;
      const reason = "reason" in result ? result.reason : unconfirmed;
      const report = { result: result.kind, reason, seconds, events: events.length, confirmation };
      observer.requestFinished({ ...target, ...report, ...sizes });
    },
    progressWritten({ acknowledged, sent, purged, quarantined }) {
      observer.settled({ ...target, acknowledged, sent, purged, quarantined: quarantined.length });
      for (const { event, reason } of quarantined) {
        observer.eventQuarantined({ destination, seq: event.seq, id: event.id, reason });
      }
    },
    replayed: (events) => observer.settled({ ...target, ...events, purged: 0, quarantined: 0 }),
    storeFailed: (operation) => (error) => observer.storeFailed(operation, error),
    figures: () => figures,
  };
}
