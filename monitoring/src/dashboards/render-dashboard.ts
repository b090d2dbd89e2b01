import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";

/** A dashboard as a file that Grafana provisions, imports, and takes by its API. */
export function renderDashboard(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}
