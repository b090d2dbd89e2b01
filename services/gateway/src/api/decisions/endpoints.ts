import { json, respond } from "@sark/http-api";
import { z } from "zod";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { CALLERS, ENFORCERS } from "../access/roles.ts";
import { decisionExamples as examples } from "./examples.ts";
import type { DecisionsApi } from "./handlers.ts";
import { authorization, reported, server, toolList } from "./responses.ts";
import { authorizeA2aBody, authorizeBody, reportedEvent, toolsQuery } from "./schemas.ts";

const { endpoint, group } = gatewayEndpoints<DecisionsApi>();

const BASE = "/api/v1/gateway";

export const decisionEndpoints = group({
  title: "Decisions",
  description:
    "The REST of SARK: the same decisions and records as those of MCP, for those who enforce elsewhere. Policy decides what each caller gets.",
  endpoints: {
    authorize: endpoint({
      method: "POST",
      path: `${BASE}/authorize`,
      summary: "Decides whether the caller may do something, and records the decision",
      roles: CALLERS,
      input: { body: authorizeBody },
      output: { 200: json(authorization, "The decision; also a denial is one.") },
      errors: ["rate_limited", "audit_unavailable"],
      example: examples.authorize,
      handler: async (api, { body, caller }) => respond(200, await api.authorize(body, caller)),
    }),
    authorizeA2a: endpoint({
      method: "POST",
      path: `${BASE}/authorize-a2a`,
      summary: "Decides whether an agent may ask another one to do something, and records the decision",
      description: "An agent asks for itself. Type and trust of both agents are those of the configuration.",
      roles: CALLERS,
      privileges: { forOthers: { roles: ENFORCERS, may: "ask on behalf of any agent" } },
      input: { body: authorizeA2aBody },
      output: { 200: json(authorization, "The decision; also a denial is one.") },
      errors: ["forbidden", "rate_limited", "audit_unavailable"],
      example: examples.authorizeA2a,
      handler: async (api, { body, caller, may }) =>
        respond(200, await api.authorizeA2a(body, caller, may("forOthers"))),
    }),
    listServers: endpoint({
      method: "GET",
      path: `${BASE}/servers`,
      summary: "MCP servers that the caller may know of",
      roles: CALLERS,
      output: { 200: json(z.array(server), "The servers.") },
      errors: ["forbidden", "rate_limited", "audit_unavailable"],
      example: examples.listServers,
      handler: async (api, { caller }) => respond(200, await api.servers(caller)),
    }),
    listTools: endpoint({
      method: "GET",
      path: `${BASE}/tools`,
      summary: "Tools that the caller may invoke",
      roles: CALLERS,
      input: { query: toolsQuery },
      output: { 200: json(toolList, "The tools of one server, or of all that could be asked.") },
      errors: ["forbidden", "not_found", "rate_limited", "upstream_unavailable", "audit_unavailable"],
      example: examples.listTools,
      handler: async (api, { query, caller }) => respond(200, await api.tools(query.server_name, caller)),
    }),
    reportEvent: endpoint({
      method: "POST",
      path: `${BASE}/audit`,
      summary: "Records an event of an enforcement point elsewhere",
      description: "The event is marked as the word of its caller, in the caller's tenant.",
      roles: ENFORCERS,
      input: { body: reportedEvent },
      output: { 201: json(reported, "The event is committed.") },
      errors: ["audit_unavailable"],
      example: examples.reportEvent,
      handler: async (api, { body, caller }) => respond(201, await api.report(body, caller)),
    }),
  },
});
