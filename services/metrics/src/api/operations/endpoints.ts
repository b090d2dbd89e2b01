import { json, respond, text } from "@sark/http-api";
import {
  logLevelBody,
  logLevelExamples,
  logLevels,
  profileExamples,
  profileQuery,
} from "@sark/http-api/operations";
import { metricsEndpoints } from "../access/define-endpoints.ts";
import type { OperationsApi } from "./handlers.ts";

const { endpoint, group } = metricsEndpoints<OperationsApi>();

const levels = { cacheControl: "no-store", path: "/admin/v1/log-level", roles: ["platform"] } as const;

export const operationsEndpoints = group({
  title: "Operations",
  description:
    "Which lines the replica that responds writes, and where its time and memory go. The paths are the gateway's, so that the same tools call both. Each change and each profile is a security event of the log.",
  endpoints: {
    getLogLevels: endpoint({
      ...levels,
      method: "GET",
      summary: "The level of each component, and what goes back by itself",
      output: { 200: json(logLevels, "The levels.") },
      errors: [],
      example: logLevelExamples.getLogLevels,
      handler: async (api) => respond(200, api.levels()),
    }),
    setLogLevel: endpoint({
      ...levels,
      method: "PUT",
      summary: "Sets the level of one component, or of all",
      input: { body: logLevelBody },
      output: { 200: json(logLevels, "The levels from now on.") },
      errors: ["not_found", "audit_unavailable"],
      example: logLevelExamples.setLogLevel,
      handler: async (api, { body, caller }) => respond(200, await api.changeLevel(body, caller)),
    }),
    takeProfile: endpoint({
      method: "GET",
      path: "/admin/v1/profile",
      summary: "A profile of the processor, or of allocations, over some seconds",
      description:
        "As Chrome's developer tools and `speedscope` read it. It names functions and files of the service and holds no data. One at a time; it ends when the client leaves.",
      cacheControl: "no-store",
      roles: ["platform"],
      input: { query: profileQuery },
      output: { 200: text(["application/json; charset=utf-8"], "The profile.") },
      errors: ["profile_busy", "audit_unavailable"],
      example: profileExamples.takeProfile,
      async handler(api, { query, caller, clientLeft }) {
        const profile = await api.profile(query, caller, clientLeft);
        const disposition = `attachment; filename="metrics-service.${query.kind}profile"`;
        return respond(200, profile, { "content-disposition": disposition });
      },
    }),
  },
});
