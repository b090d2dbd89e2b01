import type * as cog from "@grafana/grafana-foundation-sdk/cog";
import {
  ConstantVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
  type VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DATA_SOURCE } from "./query.ts";
import { series } from "../../promql/series.ts";

export type Variable = cog.Builder<VariableModel>;

/** Values of the constants until they are set; `gateway-admin dashboards push` sets them. */
export const DEFAULTS = {
  gateway: "http://127.0.0.1:8000",
  runbooks: "https://docs.example.com/sark",
} as const;

const OF_GATEWAY = { job: "sark-gateway" } as const;

/** The Prometheus that is asked. */
export function dataSource(): Variable {
  return new DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus");
}

/** The Tempo that links to traces lead to; all else works without one. */
export function traceSource(): Variable {
  return new DatasourceVariableBuilder("traces").label("Traces").type("tempo");
}

export function servers(): Variable {
  // What is asked about no server has none.
  return ofLabel(
    "server",
    "Server",
    series("sark_gateway_authz_requests_total", { ...OF_GATEWAY, server: { not: ["none"] } }),
  );
}

export function actions(): Variable {
  return ofLabel("action", "Action", series("sark_gateway_authz_requests_total", OF_GATEWAY));
}

/** Replicas of the gateway. */
export function instances(): Variable {
  return ofLabel("instance", "Replica", series("sark_gateway_requests_in_flight", OF_GATEWAY));
}

/** Routes of HTTP requests. */
export function routes(): Variable {
  return ofLabel("operation", "Route", series("sark_gateway_requests_total", OF_GATEWAY));
}

/** Tenants of the metrics service. Requests without one are those of operators. */
export function tenants(): Variable {
  return ofLabel(
    "tenant_id",
    "Tenant",
    series("metrics_active_users_total", { job: "sark-metrics", tenant_id: { not: ["none"] } }),
  );
}

/** Machines, as the node exporter names them. */
export function hosts(): Variable {
  return ofLabel("instance", "Machine", series("node_memory_MemTotal_bytes", { job: "node" }));
}

/** Destinations of audit events. */
export function destinations(): Variable {
  return ofLabel("destination", "SIEM destination", series("sark_siem_backlog_events", OF_GATEWAY));
}

/** Where those links to the audit log and to runbooks lead that panels have. A URL cannot set them. */
export function linkTargets(panels: string): Variable[] {
  return Object.entries(DEFAULTS)
    .filter(([name]) => panels.includes(`\${${name}}`))
    .map(([name, value]) => ({
      build: () => ({ ...new ConstantVariableBuilder(name).value(value).build(), skipUrlSync: true }),
    }));
}

/** Its values are what the label has in the series of a selector; several can be chosen, and all. */
function ofLabel(label: string, title: string, selector: string): Variable {
  const query = `label_values(${selector}, ${label})`;
  return new QueryVariableBuilder(label)
    .label(title)
    .datasource(DATA_SOURCE)
    .query({ query, refId: `variable-${label}` })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ selected: true, text: ["All"], value: ["$__all"] });
}
