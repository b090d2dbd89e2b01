import { defineDashboard } from "../layout/define-dashboard.ts";
import { destinations, instances } from "../parts/variables.ts";
import { alertSection } from "./operations/alerts.ts";
import { auditSection } from "./operations/audit.ts";
import { healthSection } from "./operations/health.ts";
import { siemSection } from "./operations/siem.ts";

export const gatewayOperations = defineDashboard({
  uid: "sark-gateway-operations",
  title: "SARK Gateway Operations",
  description: "What is broken, what waits, and what fires.",
  tags: ["gateway", "operations"],
  version: 1,
  variables: [instances(), destinations()],
  sections: [alertSection, healthSection, auditSection, siemSection],
});
