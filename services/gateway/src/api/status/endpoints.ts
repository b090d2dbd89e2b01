import { json, respond } from "@sark/http-api";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { READERS } from "../access/roles.ts";
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
      description: "Leaves no record: it holds figures, and nothing of what callers do.",
      cacheControl: "no-store",
      roles: READERS,
      output: { 200: json(gatewayStatus, "How it stands.") },
      errors: [],
      example: statusExamples.getStatus,
      handler: async (api) => respond(200, await api.status()),
    }),
  },
});
