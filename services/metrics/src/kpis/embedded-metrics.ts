import type { CurrentKpis } from "../domain/kpis.ts";

/** Where CloudWatch puts the metrics, and which environment's they are. */
export interface EmbeddedMetricsSettings {
  readonly namespace: string;
  readonly environment: string;
}

const NAMES = {
  ActiveUsers1h: "Count",
  ActiveUsers24h: "Count",
  ActiveUsers7d: "Count",
  Events1h: "Count",
  Scores1h: "Count",
  MeanScore1h: "None",
} as const;
type MetricName = keyof typeof NAMES;

/** CloudWatch's limit of the value of a dimension, in characters. */
const MAX_DIMENSION = 1_024;

/**
 * How a tenant stands, in the Embedded Metric Format of CloudWatch: fields of a log line of which it makes metrics.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 *
 * Each value is there by tenant, and over all of them; users and requests are no dimensions. A mean of no scores is left out.
 */
export function toEmbeddedMetrics(
  kpis: CurrentKpis,
  { namespace, environment }: EmbeddedMetricsSettings,
): Readonly<Record<string, unknown>> {
  const { activeUsers, events, scores } = kpis;
  const values: Record<MetricName, number | null> = {
    ActiveUsers1h: activeUsers["1h"],
    ActiveUsers24h: activeUsers["24h"],
    ActiveUsers7d: activeUsers["7d"],
    Events1h: events,
    Scores1h: scores.count,
    MeanScore1h: scores.mean,
  };
  const present = Object.entries(values).filter(([, value]) => value !== null && Number.isFinite(value));
  return {
    _aws: {
      Timestamp: kpis.asOf,
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: [["Environment"], ["Environment", "Tenant"]],
          Metrics: present.map(([name]) => ({ Name: name, Unit: NAMES[name as MetricName] })),
        },
      ],
    },
    Environment: dimensionOf(environment),
    Tenant: dimensionOf(kpis.tenant),
    ...Object.fromEntries(present),
  };
}

/** Of printable ASCII, and without a colon in front, as CloudWatch takes values of dimensions; other characters are percent-encoded. */
function dimensionOf(text: string): string {
  const encoded = text
    .toWellFormed()
    .replaceAll(/[^\x20-\x7e]+|%|^:/gu, (part) => (part === ":" ? "%3A" : encodeURIComponent(part)))
    .slice(0, MAX_DIMENSION);
  return encoded.trim() === "" ? "none" : encoded;
}
