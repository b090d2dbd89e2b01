import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import { cutEvent } from "../../audit-events/cut-event.ts";
import type { Compression } from "../../domain/compression.ts";
import type { Preparation } from "../../domain/sink.ts";
import { prepareRequests, type FramedRequest } from "../../packing/prepare-requests.ts";
import type { SizeLimits } from "../../packing/size-limits.ts";
import type { Frame } from "../../packing/write-content.ts";
import { isOutsideWindow } from "./encoder.ts";

export type SplunkHecRequest = FramedRequest<DeliverableEvent>;

/** Splunk's advice is 2 MiB before compression; its Cloud refuses above 5 MB. */
export const HEC_LIMITS: SizeLimits = { maxBytes: 2 * 1024 * 1024, maxEntryBytes: 1024 * 1024 };
const LINES: Frame = { separator: "\n" };

export function prepareSplunkHec(
  events: readonly DeliverableEvent[],
  encode: (event: DeliverableEvent, now: number) => string,
  settings: { readonly compression: Compression; readonly limits: SizeLimits },
  now: number,
): Promise<Preparation<SplunkHecRequest>> {
  return prepareRequests(events, {
    ...settings,
    encoding: { encode: (event) => encode(event, now), cut: cutEvent },
    frame: LINES,
    isLate: ({ time }) => isOutsideWindow(time, now),
  });
}
