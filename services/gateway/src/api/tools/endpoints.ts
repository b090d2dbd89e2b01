import { json, respond } from "@sark/http-api";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { OBSERVERS } from "../access/roles.ts";
import { toolExamples as examples } from "./examples.ts";
import type { ToolsApi } from "./handlers.ts";
import { toolStatsQuery } from "./parameters.ts";
import { toolStats } from "./responses.ts";

const { endpoint, group } = gatewayEndpoints<ToolsApi>();

export const toolEndpoints = group({
  title: "Tools",
  description: "How tools are used. `gateway-admin tools stats` shows it.",
  endpoints: {
    getToolStats: endpoint({
      method: "GET",
      path: "/admin/v1/tools/stats",
      summary: "Calls, denials, failures and durations of tools within a time",
      description:
        "Counted in the audit log, of all replicas together; of callers with a tenant, what is of that tenant. Leaves no record: it holds figures, and nothing of who called.",
      cacheControl: "no-store",
      roles: OBSERVERS,
      input: { query: toolStatsQuery },
      output: { 200: json(toolStats, "The figures.") },
      errors: ["audit_unavailable"],
      example: examples.getToolStats,
      handler: async (api, { query, caller }) => respond(200, await api.stats(query, caller)),
    }),
  },
});
