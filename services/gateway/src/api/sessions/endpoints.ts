import { json, respond } from "@sark/http-api";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { OBSERVERS, OPERATORS } from "../access/roles.ts";
import { sessionExamples as examples } from "./examples.ts";
import { endOf, type SessionsApi } from "./handlers.ts";
import { endBody, sessionPath, sessionsQuery } from "./parameters.ts";
import { session, sessionPage } from "./responses.ts";

const { endpoint, group } = gatewayEndpoints<SessionsApi>();

const shared = { cacheControl: "no-store" } as const;

export const sessionEndpoints = group({
  title: "Sessions",
  description:
    "Who has which session at which server, and ending one: at all replicas where they share Redis and `mcp.sessionKey`, else at the one that responds. A caller that is bound to a tenant sees and ends those of its tenant alone. `gateway-admin sessions` calls these endpoints; [docs/sessions.md](../sessions.md) explains them.",
  endpoints: {
    listSessions: endpoint({
      ...shared,
      method: "GET",
      path: "/admin/v1/sessions",
      summary: "The sessions, the newest first",
      description: "Leaves no record: it holds no events. Asking for another tenant's does.",
      roles: OBSERVERS,
      input: { query: sessionsQuery },
      output: { 200: json(sessionPage, "One page of them.") },
      errors: ["audit_unavailable"],
      example: examples.listSessions,
      handler: async (api, { query, caller }) => respond(200, await api.list(query, caller)),
    }),
    showSession: endpoint({
      ...shared,
      method: "GET",
      path: "/admin/v1/sessions/{fingerprint}",
      summary: "One session",
      roles: OBSERVERS,
      input: { path: sessionPath },
      output: { 200: json(session, "The session.") },
      errors: ["not_found", "audit_unavailable"],
      example: examples.showSession,
      handler: async (api, { path, caller }) => respond(200, await api.show(path.fingerprint, caller)),
    }),
    endSession: endpoint({
      ...shared,
      method: "POST",
      path: "/admin/v1/sessions/{fingerprint}/end",
      summary: "Ends a session",
      description:
        "Calls that run are cancelled and get their outcome, streams end, and the server is told. Its id is refused from then on with 404, on which clients begin a new session: to keep a caller out, revoke its key or change the policy.",
      roles: OPERATORS,
      input: { path: sessionPath, body: endBody },
      output: { 200: json(session, "As it was when it was ended.") },
      errors: ["not_found", "audit_unavailable"],
      example: examples.endSession,
      async denied(api, { caller, read }) {
        const { path, body } = read();
        await api.denied(caller, endOf(path.fingerprint, body));
      },
      handler: async (api, { path, body, caller }) =>
        respond(200, await api.end(path.fingerprint, body, caller)),
    }),
  },
});
