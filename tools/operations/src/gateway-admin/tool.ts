import { completionEntry } from "../completion/entry.ts";
import { buildTool, type Tool } from "../frame/build-tool.ts";
import { command, group } from "../frame/command-table.ts";
import { CLIENT_OPTIONS } from "../gateway-client/client-flags.ts";
import { apiKeyCommands } from "./api-keys/table.ts";
import { auditCommands } from "./audit/table.ts";
import { dashboardCommands } from "./dashboards/table.ts";
import { logLevelCommands } from "./log-level/table.ts";
import { policyCommands } from "./policies/table.ts";
import { quotaCommands } from "./quotas/table.ts";
import { rateLimitCommands } from "./rate-limits/table.ts";
import { sessionCommands } from "./sessions/table.ts";
import { siemCommands } from "./siem/table.ts";
import { toolCommands } from "./tools/table.ts";
import { upstreamCommands } from "./upstreams/table.ts";
import { userCommands } from "./users/table.ts";

export const gatewayAdminTool: Tool = buildTool(
  "gateway-admin",
  group("Look after a gateway", {
    "api-keys": apiKeyCommands,
    audit: auditCommands,
    completion: completionEntry(loadTools),
    dashboards: dashboardCommands,
    drain: command(
      "Take a gateway out of service without a failed call",
      async () => (await import("./draining/drain.ts")).drainCommand,
    ),
    "rate-limits": rateLimitCommands,
    sessions: sessionCommands,
    quotas: quotaCommands,
    "log-level": logLevelCommands,
    policies: policyCommands,
    siem: siemCommands,
    status: command(
      "Show how a gateway stands",
      async () => (await import("./status/status.ts")).statusCommand,
    ),
    tools: toolCommands,
    upstreams: upstreamCommands,
    undrain: command(
      "Take a gateway back into service",
      async () => (await import("./draining/undrain.ts")).undrainCommand,
    ),
    users: userCommands,
  }),
  { leading: CLIENT_OPTIONS },
);

/** Loaded where they are asked for alone: each command would wait for all of them. */
async function loadTools(): Promise<readonly Tool[]> {
  const [{ analyzeLogsTool }, { auditTool }, { healthCheckTool }, { queryMetricsTool }] = await Promise.all([
    import("../analyze-logs/tool.ts"),
    import("../audit/tool.ts"),
    import("../health-check/tool.ts"),
    import("../query-metrics/tool.ts"),
  ]);
  return [analyzeLogsTool, auditTool, gatewayAdminTool, healthCheckTool, queryMetricsTool];
}
