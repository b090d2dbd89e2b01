export { commandTree } from "./frame/command-tree.ts";
export { TOOLS } from "./reference/tools.ts";
export { analyzeLogsTool } from "./analyze-logs/tool.ts";
/** For tests of gateways that are looked after: the command lines, run in the process of the test. */
export { auditTool } from "./audit/tool.ts";
export { gatewayAdminTool } from "./gateway-admin/tool.ts";
export { runCaptured } from "./testing/run-captured.ts";
export { queryMetricsTool } from "./query-metrics/tool.ts";
export { healthCheckTool } from "./health-check/tool.ts";
