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

export interface SplunkHecRequest extends PreparedRequest<DeliverableEvent> {
  readonly body: Buffer;
}

/** Splunk's advice is 2 MiB before compression; its Cloud refuses above 5 MB. */
export const HEC_LIMITS: SizeLimits = { maxBytes: 2 * 1024 * 1024, maxEntryBytes: 1024 * 1024 };
const LINES: Frame = { separator: "\n" };

export async function prepareSplunkHec(
  events: readonly DeliverableEvent[],
  encode: (event: DeliverableEvent, now: number) => string,
  { compression, limits }: { readonly compression: Compression; readonly limits: SizeLimits },
  now: number,
): Promise<Preparation<SplunkHecRequest>> {
  const encoding = { encode: (event: DeliverableEvent) => encode(event, now), cut: cutEvent };
  const { entries, unsendable } = encodeEntries(events, encoding, limits.maxEntryBytes);
  const bounds = limitsWithin(LINES, { maxEntries: Infinity, maxBytes: limits.maxBytes });
  const groups = splitEntries(entries, bounds);
  const requests = groups.map(async (group) => {
    const content = writeContent(group, LINES);
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
