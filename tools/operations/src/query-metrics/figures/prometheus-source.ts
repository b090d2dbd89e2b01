import type { FigureRow, FigureSource, FiguresQuery, Grouping } from "./figures.ts";
import type { PrometheusClient, Sample } from "./prometheus-client.ts";

const CALLS = "sark_gateway_tool_calls_total";
const DURATIONS = "sark_gateway_tool_execution_seconds_bucket";
const DECISIONS = "sark_gateway_user_requests_total";
const AUTHORIZATIONS = "sark_gateway_authz_requests_total";
const FAILURES = new Set(["tool_error", "protocol_error", "upstream_error", "timeout"]);

/** Figures out of metrics: estimates between scrapes, of the replicas that Prometheus scrapes. */
export function createPrometheusSource(client: PrometheusClient): FigureSource {
  return {
    kind: "prometheus",
    url: client.url,
    async figures(query) {
      return { rows: await ROWS[query.by](client, query), truncated: false };
    },
    async costs(last) {
      const [tools, users] = await Promise.all([
        grown(client, "sark_gateway_cost_total", "", last, ["tenant", "tool"]),
        grown(client, "sark_gateway_user_cost_total", "", last, ["user"]),
      ]);
      return {
        tools: tools.map(({ labels, value }) => ({
          tenant: labels["tenant"] ?? "",
          tool: labels["tool"] ?? "",
          cost: value,
        })),
        users: users.map(({ labels, value }) => ({ user: labels["user"] ?? "", cost: value })),
      };
    },
  };
}

const ROWS: Readonly<
  Record<Grouping, (client: PrometheusClient, query: FiguresQuery) => Promise<FigureRow[]>>
> = {
  async tool(client, query) {
    const [calls, ...quantiles] = await Promise.all([
      grown(client, CALLS, matchers(query), query.last, ["server", "tool", "outcome"]),
      ...query.percentiles.map((percentile) =>
        quantile(client, percentile, matchers(query), query.last, ["server", "tool"]),
      ),
    ]);
    const rows = countOutcomes(calls, ["server", "tool"]);
    return rows.map((row) => ({ ...row, durations_ms: durationsOf(row, quantiles, ["server", "tool"]) }));
  },
  async outcome(client, query) {
    const calls = await grown(client, CALLS, matchers(query), query.last, ["outcome"]);
    return countOutcomes(calls, ["outcome"]);
  },
  async user(client, { last }) {
    const decisions = await grown(client, DECISIONS, "", last, ["tenant", "user", "decision"]);
    return grouped(decisions, ["tenant", "user"]).map(([of, samples]) => ({
      ...NOTHING_KNOWN,
      of,
      permitted: sumWhere(samples, ({ decision }) => decision === "allow"),
      denied: sumWhere(samples, ({ decision }) => decision === "deny"),
    }));
  },
  async reason(client, { last, server }) {
    const matching = ['decision="deny"', ...(server === undefined ? [] : [`server=${quoted(server)}`])];
    const denials = await grown(client, AUTHORIZATIONS, matching.join(","), last, ["server", "action"]);
    return denials.map(({ labels, value }) => ({ ...NOTHING_KNOWN, of: labels, denied: Math.round(value) }));
  },
};

const NOTHING_KNOWN = { permitted: null, denied: null, ok: null, failed: null, durations_ms: null } as const;

/** By how much a counter grew, without the series that did not. */
async function grown(
  client: PrometheusClient,
  metric: string,
  matching: string,
  last: number,
  by: readonly string[],
): Promise<readonly Sample[]> {
  const samples = await client.query(`sum by (${by.join(", ")}) (${growth(metric, matching, last)}) > 0`);
  return samples.filter(({ value }) => Number.isFinite(value));
}

function quantile(
  client: PrometheusClient,
  percentile: number,
  matching: string,
  last: number,
  by: readonly string[],
): Promise<readonly Sample[]> {
  const buckets = `sum by (${[...by, "le"].join(", ")}) (${growth(DURATIONS, matching, last)})`;
  return client.query(`histogram_quantile(${percentile / 100}, ${buckets})`);
}

/**
 * `increase` knows nothing of a series that began within the time with more than 0: its first value is what it grew by
 * until then.
 */
function growth(metric: string, matching: string, last: number): string {
  const series = `${metric}{${matching}}`;
  const window = `${Math.max(1, Math.round(last / 1_000))}s`;
  const before = `${series} offset ${window}`;
  return `(increase(${series}[${window}]) and ${before}) or (max_over_time(${series}[${window}]) unless ${before})`;
}

function matchers({ server, tool }: FiguresQuery): string {
  return Object.entries({ server, tool })
    .flatMap(([label, value]) => (value === undefined ? [] : [`${label}=${quoted(value)}`]))
    .join(",");
}

/** A text as PromQL writes one. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}

function countOutcomes(samples: readonly Sample[], by: readonly string[]): FigureRow[] {
  return grouped(samples, by).map(([of, members]) => {
    const denied = sumWhere(members, ({ outcome }) => outcome === "denied");
    return {
      of,
      permitted: sumWhere(members, () => true) - denied,
      denied,
      ok: sumWhere(members, ({ outcome }) => outcome === "ok"),
      failed: sumWhere(members, ({ outcome }) => FAILURES.has(outcome ?? "")),
      durations_ms: null,
    };
  });
}

function grouped(
  samples: readonly Sample[],
  by: readonly string[],
): [Readonly<Record<string, string>>, readonly Sample[]][] {
  const groups = Map.groupBy(samples, ({ labels }) => JSON.stringify(by.map((name) => labels[name] ?? "")));
  return [...groups.values()].map((members) => {
    const labels = members[0]?.labels ?? {};
    return [Object.fromEntries(by.map((name) => [name, labels[name] ?? ""])), members];
  });
}

function sumWhere(
  samples: readonly Sample[],
  matches: (labels: Readonly<Record<string, string | undefined>>) => boolean,
): number {
  return Math.round(
    samples.filter(({ labels }) => matches(labels)).reduce((sum, { value }) => sum + value, 0),
  );
}

function durationsOf(
  { of }: FigureRow,
  quantiles: readonly (readonly Sample[])[],
  by: readonly string[],
): readonly number[] | null {
  const values = quantiles.map(
    (samples) => samples.find(({ labels }) => by.every((name) => (labels[name] ?? "") === of[name]))?.value,
  );
  return values.every((value): value is number => value !== undefined && Number.isFinite(value))
    ? values.map((seconds) => seconds * 1_000)
    : null;
}
