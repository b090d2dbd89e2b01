import { series } from "../../promql/series.ts";

/** Decisions per second, of everything that is asked for. */
export const DECIDED = `sum(rate(${series("sark_gateway_authz_requests_total")}[5m]))`;
/** Some 30 decisions in five minutes: below it one request moves a ratio by percents. */
export const ENOUGH = { value: DECIDED, above: 0.1 } as const;

export function share(part: string, whole: string): string {
  return `${part} / ${whole}`;
}

export const P95 = `histogram_quantile(0.95, sum by (le) (rate(${series("sark_gateway_authz_latency_seconds_bucket")}[5m])))`;

/** Input series of tests: 600 decisions a minute of which this share is slower than `le`. */
export function latencies(le: string, beyond: string, share: { firing: number; under: number }) {
  const bucket = (bound: string, firing: number, under: number) => ({
    series: `sark_gateway_authz_latency_seconds_bucket{action="gateway:tool:invoke", le="${bound}"}`,
    firing,
    under,
  });
  return [
    decisions(600, 600),
    bucket(le, 600 * (1 - share.firing), 600 * (1 - share.under)),
    bucket(beyond, 600, 600),
    bucket("+Inf", 600, 600),
  ];
}

export function decisions(firing: number, under: number, decision: "allow" | "deny" = "allow") {
  return {
    series: `sark_gateway_authz_requests_total{action="gateway:tool:invoke", decision="${decision}", server="tools"}`,
    firing,
    under,
  };
}
