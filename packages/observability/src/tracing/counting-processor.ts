import { ExportResultCode } from "@opentelemetry/core";
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from "@opentelemetry/sdk-trace";
import type { DropReason } from "./drop-reasons.ts";
import { redactSpan } from "./redact-span.ts";

export type OnDropped = (spans: number, reason: DropReason) => void;

/** As many finished spans wait for the exporter; the SDK's own default. */
const MAX_QUEUE = 2048;

/** The SDK's batch processor, which drops in silence, with a count of what it drops. */
export function createCountingProcessor(exporter: SpanExporter, onDropped: OnDropped): SpanProcessor {
  let waiting = 0;
  const counted: SpanExporter = {
    export(spans, done) {
      waiting -= spans.length;
      exporter.export(spans, (result) => {
        if (result.code !== ExportResultCode.SUCCESS) {
          onDropped(spans.length, "export_failed");
        }
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
  const batch = new BatchSpanProcessor({ exporter: counted, maxQueueSize: MAX_QUEUE });
  return {
    onStart: (span, parent) => batch.onStart(span, parent),
    onEnd(span) {
      const sampled = (span.spanContext().traceFlags & 1) === 1;
      if (sampled && waiting >= MAX_QUEUE) {
        return onDropped(1, "queue_full");
      }
      if (sampled) {
        waiting++;
        redactSpan(span);
      }
      batch.onEnd(span);
    },
    forceFlush: () => batch.forceFlush(),
    shutdown: () => batch.shutdown(),
  };
}
