import { respond, text, varies } from "@sark/http-api";
import { EXPOSITION_TYPES, type Exposition } from "@sark/observability/metrics";
import { metricsEndpoints } from "../access/define-endpoints.ts";

export interface Exposed {
  expose(accept?: string): Promise<Exposition>;
}

const { endpoint, group } = metricsEndpoints<Exposed>();

export const metricsGroup = group({
  title: "Metrics",
  description: "For Prometheus, which authenticates by `authorization.credentials_file`.",
  endpoints: {
    metrics: endpoint({
      method: "GET",
      path: "/metrics",
      summary: "All metrics, in the format that `Accept` asks for",
      roles: ["metrics", "platform"],
      output: {
        200: text(EXPOSITION_TYPES, "The exposition."),
      },
      errors: [],
      example: { response: { status: 200, body: varies("# TYPE metrics_api_requests_in_flight gauge\n") } },
      async handler(exposition, { accept }) {
        const { contentType, body } = await exposition.expose(accept);
        return respond(200, body, { "content-type": contentType });
      },
    }),
  },
});
