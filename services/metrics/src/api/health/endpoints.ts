import { json, PUBLIC, respond, varies, variesFreely } from "@sark/http-api";
import { detailedHealth, liveness, readiness, shownStatus } from "@sark/http-api/health";
import type { Health } from "@sark/observability/health";
import { metricsEndpoints } from "../access/define-endpoints.ts";

const { endpoint, group } = metricsEndpoints<Health>();

const live = (path: string, summary: string) =>
  endpoint({
    method: "GET",
    path,
    summary,
    roles: PUBLIC,
    output: { 200: json(liveness, "The process runs.") },
    errors: [],
    example: {
      response: {
        status: 200,
        body: { status: "ok", version: varies("0.1.0"), uptime_seconds: varies(12.5) },
      },
    },
    handler: (health) => respond(200, health.live()),
  });

const ready = (path: string, summary: string) =>
  endpoint({
    method: "GET",
    path,
    summary,
    roles: PUBLIC,
    output: {
      200: json(readiness, "The service takes requests."),
      503: json(readiness, "It starts, it drains, or a part that it requires is down."),
    },
    errors: [],
    example: { response: { status: 200, body: { status: "ok" } } },
    async handler(health) {
      const { status, body } = await health.ready();
      return respond(status, { status: shownStatus(body) });
    },
  });

export const healthEndpoints = group({
  title: "Health",
  description: "Liveness and readiness take no credentials and say a status and nothing else.",
  endpoints: {
    health: live("/health", "Whether the process runs"),
    livez: live("/livez", "The same, by the name that Kubernetes uses"),
    healthReady: ready("/health/ready", "Whether the service takes requests"),
    readyz: ready("/readyz", "The same, by the name that Kubernetes uses"),
    healthDetailed: endpoint({
      method: "GET",
      path: "/health/detailed",
      summary: "Every part with its status, and why it has failed last",
      roles: ["platform", "metrics"],
      output: {
        200: json(detailedHealth, "The service takes requests."),
        503: json(detailedHealth, "It does not take requests."),
      },
      errors: [],
      example: {
        response: {
          status: 200,
          body: {
            status: "ok",
            draining: false,
            version: varies("0.1.0"),
            uptime_seconds: varies(12.5),
            components: variesFreely([]),
          },
        },
      },
      async handler(health) {
        const { status, body } = await health.detailed();
        return respond(status, { ...body, status: shownStatus(body) });
      },
    }),
  },
});
