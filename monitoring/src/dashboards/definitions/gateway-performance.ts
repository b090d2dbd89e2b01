import { defineDashboard } from "../layout/define-dashboard.ts";
import { instances, routes, servers } from "../parts/variables.ts";
import { cacheSection } from "./performance/cache.ts";
import { processSection } from "./performance/process.ts";
import { requestSection } from "./performance/requests.ts";
import { toolSection } from "./performance/tools.ts";

export const gatewayPerformance = defineDashboard({
  uid: "sark-gateway-performance",
  title: "SARK Gateway Performance",
  description: "Where the time of a request goes: policy, tools, audit, and the process itself.",
  tags: ["gateway"],
  version: 1,
  variables: [servers(), routes(), instances()],
  sections: [requestSection, toolSection, cacheSection, processSection],
});
