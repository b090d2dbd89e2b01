import { defineDashboard } from "../layout/define-dashboard.ts";
import { hosts, tenants } from "../parts/variables.ts";
import { apiPanels } from "./metrics-service/api.ts";
import { resourcePanels } from "./metrics-service/resources.ts";

export const metricsService = defineDashboard({
  uid: "sark-metrics-service",
  title: "External Metrics Service - Production",
  description: "The metrics service: what tenants send and read, how fast that is, and what it takes.",
  tags: ["metrics-service"],
  version: 1,
  variables: [tenants(), hosts()],
  sections: [{ panels: [...apiPanels, ...resourcePanels] }],
});
