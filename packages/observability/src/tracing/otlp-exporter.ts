import { ExportResultCode } from "@opentelemetry/core";
import type { SpanExporter } from "@opentelemetry/sdk-trace";

/** Sends spans by OTLP/HTTP. Only a process that sends any loads what does it: it comes with a part for metrics and logs. */
export function createOtlpExporter(url: string): SpanExporter {
  const loading = import("@opentelemetry/exporter-trace-otlp-http").then(
    ({ OTLPTraceExporter }) => new OTLPTraceExporter({ url, timeoutMillis: 10_000 }),
  );
  // Told with the first spans.
  loading.catch(() => undefined);
  async function send(
    spans: Parameters<SpanExporter["export"]>[0],
    done: Parameters<SpanExporter["export"]>[1],
  ) {
    const exporter = await loading.catch((error: Error) => error);
    if (exporter instanceof Error) {
      return done({ code: ExportResultCode.FAILED, error: exporter });
    }
    exporter.export(spans, done);
  }
  return {
    export: (spans, done) => void send(spans, done),
    forceFlush: async () => (await loading).forceFlush(),
    shutdown: async () => (await loading).shutdown(),
  };
}
