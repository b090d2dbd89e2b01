import { json, respond } from "@sark/http-api";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { ADMINS, OBSERVERS } from "../access/roles.ts";
import { quotaExamples as examples } from "./examples.ts";
import { adjustmentOf, resetOf, type QuotasApi } from "./handlers.ts";
import { quotaAdjust, quotaQuery, quotaReset } from "./parameters.ts";
import { budgets, quotas } from "./responses.ts";

const { endpoint, group } = gatewayEndpoints<QuotasApi>();
const shared = { cacheControl: "no-store" } as const;

export const quotaEndpoints = group({
  title: "Quotas",
  description:
    "What calls of tools cost, how budgets stand, and changing what of them is used. Every change is an event of the log, with who made it and why, and so is every denied one. `gateway-admin quotas` calls these endpoints; [docs/quotas.md](../quotas.md) explains them.",
  endpoints: {
    showQuotas: endpoint({
      ...shared,
      method: "GET",
      path: "/admin/v1/quotas",
      summary: "Prices and budgets, and how those of one user, agent or tenant stand",
      description: "Leaves no record: it holds no events.",
      roles: OBSERVERS,
      input: { query: quotaQuery },
      output: { 200: json(quotas, "Prices and budgets.") },
      errors: ["audit_unavailable"],
      example: examples.showQuotas,
      handler: async (api, { query, caller }) => respond(200, await api.quotas(query, caller)),
    }),
    resetQuota: endpoint({
      ...shared,
      method: "POST",
      path: "/admin/v1/quotas/reset",
      summary: "Lets the budgets of one user, agent or tenant begin anew in this period",
      description: "What was spent stays in the ledger; an adjustment stands beside it.",
      roles: ADMINS,
      input: { body: quotaReset },
      output: { 200: json(budgets, "How they stand now.") },
      errors: ["not_found", "audit_unavailable"],
      example: examples.resetQuota,
      denied: async (api, { caller, read }) => api.denied(caller, resetOf(read().body)),
      handler: async (api, { body, caller }) => respond(200, await api.reset(body, caller)),
    }),
    adjustQuota: endpoint({
      ...shared,
      method: "POST",
      path: "/admin/v1/quotas/adjust",
      summary: "Adds to what of a budget is used, or gives some of it back",
      roles: ADMINS,
      input: { body: quotaAdjust },
      output: { 200: json(budgets, "How they stand now.") },
      errors: ["not_found", "audit_unavailable"],
      example: examples.adjustQuota,
      denied: async (api, { caller, read }) => api.denied(caller, adjustmentOf(read().body)),
      handler: async (api, { body, caller }) => respond(200, await api.adjust(body, caller)),
    }),
  },
});
