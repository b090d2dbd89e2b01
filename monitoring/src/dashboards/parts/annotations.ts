import { AnnotationQueryBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import type * as cog from "@grafana/grafana-foundation-sdk/cog";
import type { AnnotationQuery } from "@grafana/grafana-foundation-sdk/dashboard";
import { DATA_SOURCE } from "./query.ts";
import { series } from "../../promql/series.ts";

/** Alerts of one severity that fired, as bars over all panels of lines. */
export function firedAlerts(severity: "critical" | "warning"): cog.Builder<AnnotationQuery> {
  return new AnnotationQueryBuilder()
    .name(severity === "critical" ? "Critical alerts" : "Warnings")
    .datasource(DATA_SOURCE)
    .enable(true)
    .hide(false)
    .iconColor(severity === "critical" ? "red" : "yellow")
    .expr(series("ALERTS", { alertstate: "firing", severity }))
    .step("60s")
    .titleFormat("{{alertname}}")
    .textFormat("{{severity}}, for the team {{team}}")
    .tagKeys("component,team")
    .useValueForTime(false);
}
