import { analyzeLogsTool } from "../analyze-logs/tool.ts";
import { auditTool } from "../audit/tool.ts";
import type { Tool } from "../frame/build-tool.ts";
import { gatewayAdminTool } from "../gateway-admin/tool.ts";
import { healthCheckTool } from "../health-check/tool.ts";
import { queryMetricsTool } from "../query-metrics/tool.ts";

/** All command lines, in the order of the reference. */
export const TOOLS: readonly Tool[] = [
  gatewayAdminTool,
  queryMetricsTool,
  healthCheckTool,
  analyzeLogsTool,
  auditTool,
];
