import { json, PUBLIC, respond } from "@sark/http-api";
import type { Health } from "@sark/observability/health";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { ofAllTenants } from "../access/tenant-scope.ts";
import { healthExamples } from "./examples.ts";
import { detailedHealth, liveness, readiness, shownStatus } from "@sark/http-api/health";

const { endpoint, group } = gatewayEndpoints<Health>();

const live = (path: string, summary: string) =>
  endpoint({
    method: "GET",
    path,
    summary,
    roles: PUBLIC,
    output: { 200: json(liveness, "The process runs.") },
    errors: [],
    example: healthExamples.live,
    handler: (health) => respond(200, health.live()),
  });

const ready = (path: string, summary: string) =>
  endpoint({
    method: "GET",
    path,
    summary,
    roles: PUBLIC,
    output: {
      200: json(readiness, "The gateway takes calls."),
      503: json(
        readiness,
        "It does not take calls: it starts, it drains, or a part that it requires is down.",
      ),
    },
    errors: [],
    example: healthExamples.ready,
    async handler(health) {
      const { status, body } = await health.ready();
      return respond(status, { status: shownStatus(body) });
    },
  });

export const healthEndpoints = group({
  title: "Health",
  description:
    "Liveness and readiness take no credentials and say a status and nothing else: probes and load balancers have none. What stands behind the status names servers and faults, and takes a role.",
  endpoints: {
    health: live("/health", "Whether the process runs"),
    livez: live("/livez", "The same, by the name that Kubernetes uses"),
    healthReady: ready("/health/ready", "Whether the gateway takes calls"),
    readyz: ready("/readyz", "The same, by the name that Kubernetes uses"),
    healthDetailed: endpoint({
      method: "GET",
      path: "/health/detailed",
      summary: "Every part with its status, and why it has failed last",
      description: "Of all tenants together, and so for callers that are bound to none.",
      roles: ["operator", "auditor", "metrics", "admin"],
      output: {
        200: json(detailedHealth, "The gateway takes calls."),
        503: json(detailedHealth, "It does not take calls."),
      },
      errors: ["forbidden"],
      example: healthExamples.detailed,
      async handler(health, { caller }) {
        ofAllTenants(caller.principal, "How the gateway stands");
        const { status, body } = await health.detailed();
        return respond(status, { ...body, status: shownStatus(body) });
      },
    }),
  },
});
