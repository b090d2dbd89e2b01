import { json, respond } from "@sark/http-api";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { OBSERVERS } from "../access/roles.ts";
import { ofAllTenants } from "../access/tenant-scope.ts";
import { statusExamples } from "./examples.ts";
import type { StatusApi } from "./handlers.ts";
import { gatewayStatus } from "./responses.ts";

const { endpoint, group } = gatewayEndpoints<StatusApi>();

export const statusEndpoints = group({
  title: "Status",
  description: "How the replica that responds stands, in one document. `gateway-admin status` shows it.",
  endpoints: {
    getStatus: endpoint({
      method: "GET",
      path: "/admin/v1/status",
      summary: "Version, state, health, and what is open and counted",
      description:
        "Leaves no record: it holds figures, and nothing of what callers do. Of all tenants together, and so for callers that are bound to none.",
      cacheControl: "no-store",
      roles: OBSERVERS,
      output: { 200: json(gatewayStatus, "How it stands.") },
      errors: ["forbidden"],
      example: statusExamples.getStatus,
      async handler(api, { caller }) {
        ofAllTenants(caller.principal, "How the gateway stands");
        return respond(200, await api.status());
      },
    }),
  },
});
