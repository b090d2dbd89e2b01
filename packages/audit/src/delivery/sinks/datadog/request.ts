import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import { compress } from "../../packing/compress.ts";
import type { Compression } from "../../domain/compression.ts";
import { cutEvent } from "../../audit-events/cut-event.ts";
import { encodeEntries } from "../../packing/encode-entries.ts";
import type { SizeLimits } from "../../packing/size-limits.ts";
import { splitEntries } from "../../packing/split-entries.ts";
import { limitsWithin, writeContent, type Frame } from "../../packing/write-content.ts";
import type { Preparation, PreparedRequest } from "../../domain/sink.ts";
import { isOutsideWindow } from "./encoder.ts";

export interface DatadogRequest extends PreparedRequest<DeliverableEvent> {
  readonly body: Buffer;
}

export const MAX_ENTRIES = 1_000;
/** The limit is 5 MB before compression. Beyond 1 MB Datadog cuts an entry with a 2xx; 50 KB stay free for what it adds. */
export const DATADOG_LIMITS: SizeLimits = { maxBytes: 4_750_000, maxEntryBytes: 950_000 };
const ARRAY: Frame = { opening: "[", separator: ",", closing: "]" };

export async function prepareDatadog(
  events: readonly DeliverableEvent[],
  encode: (event: DeliverableEvent, now: number) => string,
  { compression, limits }: { readonly compression: Compression; readonly limits: SizeLimits },
  now: number,
): Promise<Preparation<DatadogRequest>> {
  const encoding = { encode: (event: DeliverableEvent) => encode(event, now), cut: cutEvent };
  const { entries, unsendable } = encodeEntries(events, encoding, limits.maxEntryBytes);
  const bounds = limitsWithin(ARRAY, { maxEntries: MAX_ENTRIES, maxBytes: limits.maxBytes });
  const requests = splitEntries(entries, bounds).map(async (group) => {
    const content = writeContent(group, ARRAY);
    const body = await compress(content, compression);
    return {
      events: group.map(({ event }) => event),
      body,
      contentBytes: content.length,
      sentBytes: body.length,
      cut: group.filter(({ cut }) => cut).length,
      late: group.filter(({ event }) => isOutsideWindow(event.time, now)).length,
    };
  });
  return { requests: await Promise.all(requests), unsendable };
}
