import { catalog } from "@sark/gateway/metrics";

const SAMPLE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (\S+)(?: \d+)?$/;

/** Series of one metric, whatever clients send: names that they make up share one. */
const MOST_SERIES = 400;
/** Where each operation meets many of the errors: as many as the catalog allows. */
const MOST_OF = new Map<string, number>([
  ["sark_gateway_client_errors_total", catalog.sark_gateway_client_errors_total.maxSeries],
]);

/** What is wrong with a page of metrics, in the text format of Prometheus. */
export function metricsProblems(text: string): string[] {
  const counts = new Map<string, number>();
  const problems: string[] = [];
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("# ")) {
      continue;
    }
    const name = SAMPLE.exec(line)?.[1];
    if (name === undefined) {
      problems.push(`a line of the metrics is no sample: ${line.slice(0, 200)}`);
      continue;
    }
    // Buckets of a histogram are bounded by its definition.
    if (!name.endsWith("_bucket")) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const grown = [...counts].filter(([name, count]) => count > (MOST_OF.get(name) ?? MOST_SERIES));
  return [...problems, ...grown.map(([name, count]) => `${name} has ${count} series`)];
}

/** The sum of all series of a metric that have this label (as `role="session"`), if one is named; 0 where there is none yet. */
export function total(text: string, name: string, label = ""): number {
  const samples = text.matchAll(new RegExp(`^${name}(\\{.*\\})? (\\S+)$`, "gm"));
  return [...samples]
    .filter(([, labels = ""]) => labels.includes(label))
    .reduce((sum, [, , value]) => sum + Number(value), 0);
}
