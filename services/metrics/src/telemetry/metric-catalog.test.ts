import { expect, it } from "vitest";
import { catalog } from "./metric-catalog.ts";

interface Contract {
  readonly name: keyof typeof catalog;
  readonly type: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}
interface Shape {
  readonly type: string;
  readonly labels?: object;
  readonly buckets?: readonly number[];
}

/** What the requirement fixes: names, labels and bounds of buckets. */
const CONTRACTS: readonly Contract[] = [
  { name: "metrics_active_users_total", type: "gauge", labels: ["tenant_id", "time_window"] },
  {
    name: "metrics_productivity_score",
    type: "histogram",
    labels: ["tenant_id", "user_role"],
    buckets: [10, 25, 50, 75, 90, 95, 99, 100],
  },
  {
    name: "metrics_api_request_duration_seconds",
    type: "histogram",
    labels: ["method", "route", "status_code", "tenant_id"],
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10],
  },
  { name: "metrics_websocket_connections_active", type: "gauge", labels: ["tenant_id"] },
  {
    name: "metrics_database_query_duration_seconds",
    type: "histogram",
    labels: ["query_type", "tenant_id"],
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 2, 5],
  },
];

it.each(CONTRACTS)("$name is what dashboards of others ask for [SVC-2]", ({ name, ...contract }) => {
  const { type, labels = {}, buckets }: Shape = catalog[name];
  expect({ type, labels: Object.keys(labels).toSorted(), buckets }).toEqual(contract);
});

it.each(["background_job", "cache", "database_pool"])("there are metrics of %s, too [SVC-2]", (part) => {
  expect(Object.keys(catalog).filter((name) => name.startsWith(`metrics_${part}`))).not.toEqual([]);
});
