import { json, respond } from "@sark/http-api";
import { logLevelBody, logLevelExamples as examples, logLevels } from "@sark/http-api/operations";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { OBSERVERS, OPERATORS } from "../access/roles.ts";
import { changeOf, type LogLevelsApi } from "./handlers.ts";

const { endpoint, group } = gatewayEndpoints<LogLevelsApi>();

const shared = { cacheControl: "no-store", path: "/admin/v1/log-level" } as const;

export const logLevelEndpoints = group({
  title: "Log levels",
  description:
    "Which lines the replica that responds writes, and changing that while it runs. Each change is an event of the log, with who made it and why, and so is each denied one. `gateway-admin log-level` calls these endpoints; [docs/logging.md](../logging.md#levels) explains them.",
  endpoints: {
    getLogLevels: endpoint({
      ...shared,
      method: "GET",
      summary: "The level of each component, and what goes back by itself",
      description: "Leaves no record: it holds no events.",
      roles: OBSERVERS,
      output: { 200: json(logLevels, "The levels.") },
      errors: [],
      example: examples.getLogLevels,
      handler: async (api) => respond(200, api.show()),
    }),
    setLogLevel: endpoint({
      ...shared,
      method: "PUT",
      summary: "Sets the level of one component, or of all",
      roles: OPERATORS,
      input: { body: logLevelBody },
      output: { 200: json(logLevels, "The levels from now on.") },
      errors: ["not_found", "audit_unavailable"],
      example: examples.setLogLevel,
      denied: async (api, { caller, read }) => api.denied(caller, changeOf(read().body)),
      handler: async (api, { body, caller }) => respond(200, await api.change(body, caller)),
    }),
  },
});
