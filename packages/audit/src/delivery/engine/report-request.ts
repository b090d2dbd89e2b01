import type { DeliveryObserver } from "../observer.ts";
import type { Platform } from "../sink.ts";
import type { FinishedRequest } from "./deliver-batch.ts";

export function reportRequest(
  observer: DeliveryObserver,
  destination: string,
  platform: Platform,
  { request, outcome, seconds, confirmation }: FinishedRequest,
): void {
  const { events, contentBytes, sentBytes, cut, late } = request;
  // What a confirmation confirms was counted with its request.
  const sizes = confirmation
    ? { contentBytes: 0, sentBytes: 0, cut: 0, late: 0 }
    : { contentBytes, sentBytes, cut, late };
  observer.requestFinished?.({
    destination,
    platform,
    outcome: outcome.kind,
    reason: "reason" in outcome ? outcome.reason : null,
    seconds,
    events: events.length,
    ...sizes,
    confirmation,
  });
}
