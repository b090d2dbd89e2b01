import type { DeliverableEvent } from "../../event.ts";
import type { Format } from "../../formats/format.ts";
import { compress, type Compression } from "../../packing/compress.ts";
import { cutEvent } from "../../packing/cut-event.ts";
import { encodeEntries } from "../../packing/encode-entries.ts";
import { splitEntries } from "../../packing/split-entries.ts";
import { writeContent, type Frame } from "../../packing/write-content.ts";
import type { Preparation, PreparedRequest } from "../../sink.ts";
import { encodeLogRecord, isBeyondClock } from "./encoder.ts";

export interface OtlpRequest extends PreparedRequest {
  readonly body: Buffer;
}

/** Collectors refuse bodies above 20 MiB by default; what is behind them takes less. */
const MAX_BYTES = 2 * 1024 * 1024;
const MAX_ENTRY_BYTES = 1024 * 1024;

export async function prepareOtlp(
  events: readonly DeliverableEvent[],
  settings: { readonly format: Format; readonly compression: Compression; readonly resource: string },
): Promise<Preparation<OtlpRequest>> {
  const { format, compression, resource } = settings;
  const encode = (event: DeliverableEvent) => encodeLogRecord(event, format);
  const { entries, unsendable } = encodeEntries(events, { encode, cut: cutEvent }, MAX_ENTRY_BYTES);
  const limits = { maxEntries: Infinity, maxBytes: MAX_BYTES, overheadBytes: 1 };
  const frame: Frame = {
    opening: `{"resourceLogs":[{"resource":${resource},"scopeLogs":[{"scope":{"name":"sark.audit"},"logRecords":[`,
    separator: ",",
    closing: "]}]}]}",
  };
  const requests = splitEntries(entries, limits).map(async (group) => {
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
