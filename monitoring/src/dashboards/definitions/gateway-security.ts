import { defineDashboard } from "../layout/define-dashboard.ts";
import { instances } from "../parts/variables.ts";
import { accessSection } from "./security/access.ts";
import { patternSection } from "./security/patterns.ts";

export const gatewaySecurity = defineDashboard({
  uid: "sark-gateway-security",
  title: "SARK Gateway Security",
  description: "Who was not let in, what was denied and why, and what looks like an attack.",
  tags: ["gateway", "security"],
  version: 1,
  variables: [instances()],
  sections: [accessSection, patternSection],
});
