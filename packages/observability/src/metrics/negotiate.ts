import { parseAccept, qualityOf } from "./accept.ts";

/**
 * Which exposition format an `Accept` header prefers. OpenMetrics 1.0 only when it is named
 * (a wildcard gets the text format, which every tool reads).
 */
export function negotiate(accept: string | undefined): "openmetrics" | "text" {
  const ranges = parseAccept(accept ?? "");
  const readable = ranges.filter(
    ({ type, parameters }) =>
      type === "application/openmetrics-text" && (parameters.get("version") ?? "1.0.0") === "1.0.0",
  );
  const openMetrics = qualityOf(readable, "application/openmetrics-text");
  return openMetrics > 0 && openMetrics >= qualityOf(ranges, "text/plain") ? "openmetrics" : "text";
}
