import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import type { Format } from "../../audit-events/format.ts";
import { compress } from "../../packing/compress.ts";
import type { Compression } from "../../domain/compression.ts";
import { cutEvent } from "../../audit-events/cut-event.ts";
import { encodeEntries } from "../../packing/encode-entries.ts";
import type { SizeLimits } from "../../packing/size-limits.ts";
import { splitEntries } from "../../packing/split-entries.ts";
import { limitsWithin, writeContent, type Frame } from "../../packing/write-content.ts";
import type { Preparation, PreparedRequest } from "../../domain/sink.ts";
import { encodeLogRecord, isBeyondClock } from "./encoder.ts";

export interface OtlpRequest extends PreparedRequest<DeliverableEvent> {
  readonly body: Buffer;
}

/** Collectors refuse bodies above 20 MiB by default; what is behind them takes less. */
export const OTLP_LIMITS: SizeLimits = { maxBytes: 2 * 1024 * 1024, maxEntryBytes: 1024 * 1024 };

export async function prepareOtlp(
  events: readonly DeliverableEvent[],
  settings: {
    readonly format: Format;
    readonly compression: Compression;
    readonly resource: string;
    readonly limits: SizeLimits;
  },
): Promise<Preparation<OtlpRequest>> {
  const { format, compression, resource, limits } = settings;
  const encode = (event: DeliverableEvent) => encodeLogRecord(event, format);
  const { entries, unsendable } = encodeEntries(events, { encode, cut: cutEvent }, limits.maxEntryBytes);
  const frame: Frame = {
    opening: `{"resourceLogs":[{"resource":${resource},"scopeLogs":[{"scope":{"name":"sark.audit"},"logRecords":[`,
    separator: ",",
    closing: "]}]}]}",
  };
  const bounds = limitsWithin(frame, { maxEntries: Infinity, maxBytes: limits.maxBytes });
  const requests = splitEntries(entries, bounds).map(async (group) => {
    const content = writeContent(group, frame);
    const body = await compress(content, compression);
    return {
      events: group.map(({ event }) => event),
      body,
      contentBytes: content.length,
      sentBytes: body.length,
      cut: group.filter(({ cut }) => cut).length,
      late: group.filter(({ event }) => isBeyondClock(event)).length,
    };
  });
  return { requests: await Promise.all(requests), unsendable };
}
