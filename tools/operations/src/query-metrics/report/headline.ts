import { formatDuration } from "@sark/observability/forms";
import { formatCount } from "../../terminal/style.ts";
import type { Report } from "./make-report.ts";

/** A report in a line. */
export function headline({ generated_at: at, last_seconds: seconds, source, url, totals }: Report): string {
  const { permitted, denied, ok, failed } = totals;
  const from = source === "prometheus" ? "Prometheus" : "the audit log";
  return `In the ${formatDuration(seconds * 1_000)} before ${at}: calls permitted: ${formatCount(permitted)}, denied: ${formatCount(denied)}, ended well: ${formatCount(ok)}, failed: ${formatCount(failed)}. From ${from} at ${url}.`;
}
