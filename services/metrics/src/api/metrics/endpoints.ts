import { respond, text, varies } from "@sark/http-api";
import type { Exposition } from "@sark/observability/metrics";
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
        200: text(
          [
            "text/plain; version=0.0.4; charset=utf-8",
            "application/openmetrics-text; version=1.0.0",
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
          ],
          "The exposition.",
        ),
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
