import { json, respond } from "@sark/http-api";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { OBSERVERS, OPERATORS } from "../access/roles.ts";
import { drainingExamples as examples } from "./examples.ts";
import { drainOf, undrainOf, type DrainingApi } from "./handlers.ts";
import { drainBody, undrainBody } from "./parameters.ts";
import { drainStatus } from "./responses.ts";

const { endpoint, group } = gatewayEndpoints<DrainingApi>();

const shared = { cacheControl: "no-store" } as const;

export const drainingEndpoints = group({
  title: "Draining",
  description:
    "Taking one replica out of service without a failed call, and back. Each change is an event of the log, with who made it and why, and so is each denied one. `gateway-admin drain` and `undrain` call these endpoints; [docs/draining.md](../draining.md) explains them.",
  endpoints: {
    getDrain: endpoint({
      ...shared,
      method: "GET",
      path: "/admin/v1/drain",
      summary: "Whether this replica is in service, and what still runs",
      description: "Leaves no record: it holds no events.",
      roles: OBSERVERS,
      output: { 200: json(drainStatus, "How it stands.") },
      errors: [],
      example: examples.getDrain,
      handler: async (api, { caller }) => respond(200, await api.status(caller)),
    }),
    drain: endpoint({
      ...shared,
      method: "POST",
      path: "/admin/v1/drain",
      summary: "Takes this replica out of service",
      description:
        "It is not ready at once, and refuses new sessions. After `http.drainDelay` streams are told to connect again. Calls that run finish; what still runs after `timeout` is cut. While it drains already, the earlier end counts.",
      roles: OPERATORS,
      input: { body: drainBody },
      output: { 202: json(drainStatus, "It drains.") },
      errors: ["audit_unavailable"],
      example: examples.drain,
      denied: async (api, { caller, read }) => api.denied(caller, drainOf(read().body)),
      handler: async (api, { body, caller }) => respond(202, await api.drain(body, caller)),
    }),
    undrain: endpoint({
      ...shared,
      method: "POST",
      path: "/admin/v1/undrain",
      summary: "Takes it back into service",
      roles: OPERATORS,
      input: { body: undrainBody },
      output: { 200: json(drainStatus, "It is in service.") },
      errors: ["gateway_ending", "audit_unavailable"],
      example: examples.undrain,
      denied: async (api, { caller, read }) => api.denied(caller, undrainOf(read().body)),
      handler: async (api, { body, caller }) => respond(200, await api.undrain(body, caller)),
    }),
  },
});
