import { bounded, defineCatalog, introduced, oneOf } from "@sark/observability/metrics";
import { SESSION_ENDS, SESSION_KINDS, type SessionEndReason } from "../domain/sessions.ts";
import { MAX_SERVER_NAMES, SERVER_NAMES } from "./names.ts";

const server = introduced(SERVER_NAMES, MAX_SERVER_NAMES);

/** Ends of sessions that are faults, as `error.type` names them. */
export const SESSION_FAILURES = [
  "failed",
  "unknown_upstream",
  "died",
] as const satisfies readonly SessionEndReason[];

/** Sessions last longer than what is done in them; in seconds. */
const SESSION_SECONDS = [1, 10, 60, 300, 900, 1_800, 3_600, 14_400, 43_200, 86_400];

export const sessionCatalog = defineCatalog({
  sark_gateway_active_sessions: {
    type: "gauge",
    help: "Sessions that this replica knows and that are not over, and what principals do at servers without a session, by which it is.",
    question: "How many sessions are open, at which server?",
    unit: "1",
    labels: { server, kind: oneOf(...SESSION_KINDS) },
  },
  sark_gateway_unique_users: {
    type: "gauge",
    help: "Principals that have a session here, or were active within sessions.idleTimeout.",
    question: "How many people and agents use the gateway now?",
    unit: "1",
    labels: { type: oneOf("user", "agent") },
  },
  sark_gateway_session_ends_total: {
    type: "counter",
    help: "Sessions that are over, by why.",
    question: "Why do sessions end?",
    unit: "1",
    labels: { server, kind: oneOf(...SESSION_KINDS), reason: oneOf(...SESSION_ENDS) },
  },
  sark_gateway_sessions_refused_total: {
    type: "counter",
    help: "Sessions that there was no room for: of their principal, or of the replica.",
    question: "Are the caps on sessions too low, or does one principal open too many?",
    unit: "1",
    labels: { limit: oneOf("principal", "replica") },
  },
  mcp_server_session_duration_seconds: {
    type: "histogram",
    help: "How long MCP sessions of clients lasted at the gateway, which is reached over HTTP (OpenTelemetry mcp.server.session.duration).",
    question: "How long do sessions last, and which end in a failure?",
    unit: "seconds",
    labels: {
      network_transport: oneOf("tcp", "pipe"),
      mcp_protocol_version: bounded(12),
      error_type: bounded(12, SESSION_FAILURES),
    },
    bucketsBecause: "from a script's second to the day that sessions.maxDuration may allow",
    buckets: SESSION_SECONDS,
  },
});

export type SessionCatalog = typeof sessionCatalog;
