import { respond, text, varies } from "@sark/http-api";
import { EXPOSITION_TYPES, type Exposition } from "@sark/observability/metrics";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { ofAllTenants } from "../access/tenant-scope.ts";

export interface Exposed {
  expose(accept?: string): Promise<Exposition>;
}

const { endpoint, group } = gatewayEndpoints<Exposed>();

export const metricsEndpoints = group({
  title: "Metrics",
  description:
    "Prometheus authenticates by `authorization.credentials_file`. [metrics.md](metrics.md) lists what there is.",
  endpoints: {
    metrics: endpoint({
      method: "GET",
      path: "/metrics",
      summary: "All metrics, in the format that `Accept` asks for",
      description: "They count what all tenants do: for callers that are bound to none.",
      roles: ["operator", "metrics", "admin"],
      output: {
        200: text(EXPOSITION_TYPES, "The exposition."),
      },
      errors: [],
      example: { response: { status: 200, body: varies("# TYPE sark_gateway_active_connections gauge\n") } },
      async handler(exposition, { accept, caller }) {
        ofAllTenants(caller.principal, "The metrics");
        const { contentType, body } = await exposition.expose(accept);
        return respond(200, body, { "content-type": contentType });
      },
    }),
  },
});
