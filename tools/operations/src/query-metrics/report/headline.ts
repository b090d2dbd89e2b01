import { formatDuration } from "@sark/observability/settings";
import { formatCount } from "../../terminal/style.ts";
import type { Report } from "./make-report.ts";

/** A report in one sentence. */
export function headline({ generated_at: at, last_seconds: seconds, source, url, totals }: Report): string {
  const { permitted, denied, ok, failed } = totals;
  const from = source === "prometheus" ? "Prometheus" : "the audit log";
  return `${formatCount(permitted)} calls were permitted and ${formatCount(denied)} denied in the ${formatDuration(seconds * 1_000)} before ${at}; ${formatCount(ok)} ended well, ${formatCount(failed)} failed. From ${from} at ${url}.`;
}
