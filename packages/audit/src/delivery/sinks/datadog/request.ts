import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import { cutEvent } from "../../audit-events/cut-event.ts";
import type { Compression } from "../../domain/compression.ts";
import type { Preparation } from "../../domain/sink.ts";
import { prepareRequests, type FramedRequest } from "../../packing/prepare-requests.ts";
import type { SizeLimits } from "../../packing/size-limits.ts";
import type { Frame } from "../../packing/write-content.ts";
import { isOutsideWindow } from "./encoder.ts";

export type DatadogRequest = FramedRequest<DeliverableEvent>;

export const MAX_ENTRIES = 1_000;
/** The limit is 5 MB before compression. Beyond 1 MB Datadog cuts an entry with a 2xx; 50 KB stay free for what it adds. */
export const DATADOG_LIMITS: SizeLimits = { maxBytes: 4_750_000, maxEntryBytes: 950_000 };
const ARRAY: Frame = { opening: "[", separator: ",", closing: "]" };

export function prepareDatadog(
  events: readonly DeliverableEvent[],
  encode: (event: DeliverableEvent, now: number) => string,
  settings: { readonly compression: Compression; readonly limits: SizeLimits },
  now: number,
): Promise<Preparation<DatadogRequest>> {
  return prepareRequests(events, {
    ...settings,
    encoding: { encode: (event) => encode(event, now), cut: cutEvent },
    frame: ARRAY,
    maxEntries: MAX_ENTRIES,
    isLate: ({ time }) => isOutsideWindow(time, now),
  });
}
