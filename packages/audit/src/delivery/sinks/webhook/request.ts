import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import type { Format } from "../../audit-events/format.ts";
import type { Compression } from "../../domain/compression.ts";
import type { Preparation } from "../../domain/sink.ts";
import { prepareRequests, type FramedRequest } from "../../packing/prepare-requests.ts";
import type { SizeLimits } from "../../packing/size-limits.ts";
import type { Frame } from "../../packing/write-content.ts";

/** Its content is what is signed. */
export type WebhookRequest = FramedRequest<DeliverableEvent>;

/** Modest, because the receiver's limits are not known. */
export const WEBHOOK_LIMITS: SizeLimits = { maxBytes: 1024 * 1024, maxEntryBytes: 512 * 1024 };

const ARRAY: Frame = { opening: "[", separator: ",", closing: "]" };
const LINES: Frame = { separator: "\n", closing: "\n" };

/** A JSON array of events, or lines where the format is no JSON. */
export function prepareWebhook(
  events: readonly DeliverableEvent[],
  format: Format,
  settings: { readonly compression: Compression; readonly limits: SizeLimits },
): Promise<Preparation<WebhookRequest>> {
  return prepareRequests(events, {
    ...settings,
    encoding: format,
    frame: format.structured ? ARRAY : LINES,
  });
}
