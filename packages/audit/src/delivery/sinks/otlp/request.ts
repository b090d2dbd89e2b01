import type { DeliverableEvent } from "../../audit-events/deliverable-event.ts";
import { cutEvent } from "../../audit-events/cut-event.ts";
import type { Format } from "../../audit-events/format.ts";
import type { Compression } from "../../domain/compression.ts";
import type { Preparation } from "../../domain/sink.ts";
import { prepareRequests, type FramedRequest } from "../../packing/prepare-requests.ts";
import type { SizeLimits } from "../../packing/size-limits.ts";
import { encodeLogRecord, isBeyondClock } from "./encoder.ts";

export type OtlpRequest = FramedRequest<DeliverableEvent>;

/** Collectors refuse bodies above 20 MiB by default; what is behind them takes less. */
export const OTLP_LIMITS: SizeLimits = { maxBytes: 2 * 1024 * 1024, maxEntryBytes: 1024 * 1024 };

export function prepareOtlp(
  events: readonly DeliverableEvent[],
  settings: {
    readonly format: Format;
    readonly compression: Compression;
    readonly resource: string;
    readonly limits: SizeLimits;
  },
): Promise<Preparation<OtlpRequest>> {
  const { format, resource, compression, limits } = settings;
  return prepareRequests(events, {
    compression,
    limits,
    encoding: { encode: (event) => encodeLogRecord(event, format), cut: cutEvent },
    frame: {
      opening: `{"resourceLogs":[{"resource":${resource},"scopeLogs":[{"scope":{"name":"sark.audit"},"logRecords":[`,
      separator: ",",
      closing: "]}]}]}",
    },
    isLate: isBeyondClock,
  });
}
