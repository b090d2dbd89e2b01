import { json, respond } from "@sark/http-api";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { OBSERVERS, OPERATORS } from "../access/roles.ts";
import { limitExamples as examples } from "./examples.ts";
import { resetOf, type LimitsApi } from "./handlers.ts";
import { rateLimitQuery, rateLimitReset } from "./parameters.ts";
import { rateLimitAfterReset, rateLimits } from "./responses.ts";

const { endpoint, group } = gatewayEndpoints<LimitsApi>();

export const limitEndpoints = group({
  title: "Limits",
  description:
    "How callers stand with their limits, and changing that. Every change is an event of the log, with who made it and why, and so is every denied one. `gateway-admin rate-limits` calls these endpoints; [docs/limits.md](../limits.md) explains them.",
  endpoints: {
    showRateLimits: endpoint({
      method: "GET",
      path: "/admin/v1/rate-limits",
      summary: "The rules, and how one user, agent, tool, server or tenant stands",
      description: "Leaves no record: it holds no events.",
      cacheControl: "no-store",
      roles: OBSERVERS,
      input: { query: rateLimitQuery },
      output: { 200: json(rateLimits, "The rules, and the limit that was asked about.") },
      errors: [],
      example: examples.showRateLimits,
      handler: async (api, { query, caller }) => respond(200, await api.rateLimits(query, caller)),
    }),
    resetRateLimit: endpoint({
      method: "POST",
      path: "/admin/v1/rate-limits/reset",
      summary: "Gives one user, agent, tool, server or tenant all of its calls again",
      cacheControl: "no-store",
      roles: OPERATORS,
      input: { body: rateLimitReset },
      output: { 200: json(rateLimitAfterReset, "It may make as many calls at once as its burst is.") },
      errors: ["not_found", "audit_unavailable"],
      example: examples.resetRateLimit,
      async denied(api, { caller, read }) {
        await api.denied(caller, resetOf(read().body));
      },
      handler: async (api, { body, caller }) => respond(200, await api.resetRateLimit(body, caller)),
    }),
  },
});
