import { json, respond } from "@sark/http-api";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { OBSERVERS } from "../access/roles.ts";
import { ofAllTenants } from "../access/tenant-scope.ts";
import { upstreamExamples as examples } from "./examples.ts";
import type { UpstreamsApi } from "./handlers.ts";
import { upstreams } from "./responses.ts";

const { endpoint, group } = gatewayEndpoints<UpstreamsApi>();

export const upstreamEndpoints = group({
  title: "Upstreams",
  description: "The MCP servers behind the replica that responds. `gateway-admin upstreams health` shows it.",
  endpoints: {
    listUpstreams: endpoint({
      method: "GET",
      path: "/admin/v1/upstreams",
      summary: "The configured MCP servers: whether they can be reached, what is in flight, what failed last",
      description:
        "Names neither addresses, nor commands, nor credentials. Leaves no record: it holds no events. For callers that are bound to no tenant.",
      cacheControl: "no-store",
      roles: OBSERVERS,
      output: { 200: json(upstreams, "The servers.") },
      errors: [],
      example: examples.listUpstreams,
      handler: async (api, { caller }) => {
        ofAllTenants(caller.principal, "How servers stand");
        return respond(200, api.list());
      },
    }),
  },
});
