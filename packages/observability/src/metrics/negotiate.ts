import { parseAccept, qualityOf, type MediaRange } from "./accept.ts";

/** The one format in which Prometheus takes native histograms. */
export const PROTOBUF_TYPE =
  "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

/** Media types of all formats, for descriptions of an API; the first is that of a scrape that asks for none. */
export const EXPOSITION_TYPES = [
  "text/plain; version=0.0.4; charset=utf-8",
  "application/openmetrics-text; version=1.0.0",
  PROTOBUF_TYPE,
] as const;

export type ExpositionFormat = "openmetrics" | "protobuf" | "text";

/**
 * Which exposition format an `Accept` header prefers. OpenMetrics 1.0, and the protocol's messages where `hasProtobuf`, only when
 * they are named (a wildcard gets the text format, which every tool reads).
 */
export function negotiate(accept: string | undefined, hasProtobuf = false): ExpositionFormat {
  const ranges = parseAccept(accept ?? "");
  const text = negotiateText(ranges);
  if (!hasProtobuf) {
    return text.format;
  }
  const messages = ranges.filter(
    ({ type, parameters }) =>
      type === PROTOBUF &&
      parameters.get("proto") === "io.prometheus.client.MetricFamily" &&
      parameters.get("encoding") === "delimited",
  );
  const quality = qualityOf(messages, PROTOBUF);
  return quality > 0 && quality >= text.quality ? "protobuf" : text.format;
}

const PROTOBUF = "application/vnd.google.protobuf";

function negotiateText(ranges: readonly MediaRange[]): {
  readonly format: "openmetrics" | "text";
  readonly quality: number;
} {
  const readable = ranges.filter(
    ({ type, parameters }) =>
      type === "application/openmetrics-text" && (parameters.get("version") ?? "1.0.0") === "1.0.0",
  );
  const openMetrics = qualityOf(readable, "application/openmetrics-text");
  const plain = qualityOf(ranges, "text/plain");
  return openMetrics > 0 && openMetrics >= plain
    ? { format: "openmetrics", quality: openMetrics }
    : { format: "text", quality: plain };
}
