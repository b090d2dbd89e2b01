import { bounded, defineCatalog, httpStatus, introduced, oneOf } from "@sark/observability/metrics";
import { OUTCOMES } from "../domain/governance.ts";
import {
  MAX_PAYERS,
  MAX_SERVER_NAMES,
  MAX_TOOL_NAMES,
  SERVER_NAMES,
  TENANT_NAMES,
  TOOL_NAMES,
  USER_NAMES,
} from "./names.ts";

/** OpenTelemetry's recommended boundaries for MCP operation durations, in seconds. */
export const MCP_SECONDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] as const;

const server = introduced(SERVER_NAMES, MAX_SERVER_NAMES);
const tool = introduced(TOOL_NAMES, MAX_TOOL_NAMES);

/** Who asks for what, how often and how long it takes (MET-8). */
export const usageCatalog = defineCatalog({
  sark_gateway_requests_total: {
    type: "counter",
    help: "HTTP requests that are over, by route and status; `client_left` where no response was begun.",
    question: "How many HTTP requests are served by route, and with which status?",
    queries: [
      'sum(rate(sark_gateway_requests_total{status=~"5.."}[5m])) / sum(rate(sark_gateway_requests_total[5m]))',
    ],
    unit: "1",
    labels: { operation: bounded(100), status: httpStatus("client_left") },
  },
  sark_gateway_request_duration_seconds: {
    type: "histogram",
    help: "Time from a request's head to the end of its response. Streams that clients open to listen are left out.",
    question: "How long do HTTP requests take, tools and their servers included?",
    unit: "seconds",
    labels: { operation: bounded(100) },
    bucketsBecause: "from what the gateway alone takes up to the two minutes that a slow tool may",
    buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120],
  },
  sark_gateway_user_requests_total: {
    type: "counter",
    help: "Decisions by who asked for them: users and agents of a tenant.",
    question: "Who uses the gateway most, and who is denied?",
    unit: "1",
    labels: {
      tenant: introduced(TENANT_NAMES, MAX_PAYERS),
      user: introduced(USER_NAMES, MAX_PAYERS),
      decision: oneOf("allow", "deny"),
    },
    maxSeries: 1_000,
  },
  sark_gateway_tool_calls_total: {
    type: "counter",
    help: "Calls of tools by how they ended, or `denied`.",
    question: "Which tools are called most, and which fail?",
    queries: ["topk(10, sum by (server, tool) (increase(sark_gateway_tool_calls_total[1h])))"],
    unit: "1",
    labels: { server, tool, outcome: oneOf(...OUTCOMES, "denied") },
    maxSeries: 2_000,
  },
  sark_gateway_tool_execution_seconds: {
    type: "histogram",
    help: "Time from the permit of a tool call to its end: what its server takes, without policy and audit.",
    question: "Which tool, or its server, is slow?",
    unit: "seconds",
    labels: { server, tool },
    bucketsBecause: "those of mcp_server_operation_duration_seconds, so that both can be compared",
    buckets: MCP_SECONDS,
    maxSeries: 500,
  },
  sark_gateway_errors_total: {
    type: "counter",
    help: "Warnings and errors by component and type. Those that the log left out count in sark_gateway_log_lines_suppressed_total.",
    question: "Which part of the gateway warns or fails, and of what?",
    unit: "1",
    labels: { component: bounded(40), type: bounded(150), severity: oneOf("warning", "error", "fatal") },
    maxSeries: 1_000,
  },
});
