import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import type { Format } from "../../audit-events/format.ts";
import { compress } from "../../packing/compress.ts";
import type { Compression } from "../../domain/compression.ts";
import { encodeEntries } from "../../packing/encode-entries.ts";
import type { SizeLimits } from "../../packing/size-limits.ts";
import { splitEntries } from "../../packing/split-entries.ts";
import { limitsWithin, writeContent, type Frame } from "../../packing/write-content.ts";
import type { Preparation, PreparedRequest } from "../../domain/sink.ts";

export interface WebhookRequest extends PreparedRequest<DeliverableEvent> {
  /** Before compression: what is signed. */
  readonly content: Buffer;
  readonly body: Buffer;
}

/** Modest, because the receiver's limits are not known. */
export const WEBHOOK_LIMITS: SizeLimits = { maxBytes: 1024 * 1024, maxEntryBytes: 512 * 1024 };

const ARRAY: Frame = { opening: "[", separator: ",", closing: "]" };
const LINES: Frame = { separator: "\n", closing: "\n" };

/** A JSON array of events, or lines where the format is no JSON. */
export async function prepareWebhook(
  events: readonly DeliverableEvent[],
  format: Format,
  { compression, limits }: { readonly compression: Compression; readonly limits: SizeLimits },
): Promise<Preparation<WebhookRequest>> {
  const { entries, unsendable } = encodeEntries(events, format, limits.maxEntryBytes);
  const frame = format.structured ? ARRAY : LINES;
  const bounds = limitsWithin(frame, { maxEntries: Infinity, maxBytes: limits.maxBytes });
  const requests = splitEntries(entries, bounds).map(async (group) => {
    const content = writeContent(group, frame);
    const body = await compress(content, compression);
    return {
      events: group.map(({ event }) => event),
      content,
      body,
      contentBytes: content.length,
      sentBytes: body.length,
      cut: group.filter(({ cut }) => cut).length,
      late: 0,
    };
  });
  return { requests: await Promise.all(requests), unsendable };
}
