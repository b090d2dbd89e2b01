import { PAYLOAD_ERASURE, RETENTION_PURGE } from "@sark/audit";
import { bounded, defineCatalog, introduced, mergeCatalogs, oneOf } from "@sark/observability/metrics";
import { AGENT_TYPES } from "../domain/agents.ts";
import { OWN_EVENT_TYPES } from "../governance/own-event-types.ts";
import { EVENT_TYPE_OF } from "../governance/records.ts";
import { AUTHENTICATION_ERROR_CODES } from "@sark/authentication";
import { ACTIONS } from "../domain/authorization.ts";
import { CALL_KINDS, OUTCOMES } from "../domain/governance.ts";
import { UPSTREAM_ERROR_CODES } from "../domain/upstream.ts";
import { STREAM_KINDS } from "../mcp/contract/observer.ts";
import { UPSTREAM_PROBLEMS } from "../mcp/errors/malformed-response.ts";
import { EXTRA_TRACE_REASONS } from "./traces/extra-traces.ts";
import {
  KNOWN_ERROR_CODES,
  KNOWN_ERROR_TYPES,
  KNOWN_METHODS,
  KNOWN_OPERATIONS,
  OTHER_METHOD,
} from "./known-values.ts";
import { MAX_SERVER_NAMES, MAX_TOOL_NAMES, SERVER_NAMES, TOOL_NAMES } from "./names.ts";
import { policyCatalog } from "./policy-catalog.ts";
import { rateLimitCatalog } from "./rate-limit-catalog.ts";
import { MCP_SECONDS, usageCatalog } from "./usage-catalog.ts";

/** Enforcement points elsewhere report events of types of their own, which must not crowd these out. */
const OWN_EVENTS = [
  ...new Set([
    ...Object.values(EVENT_TYPE_OF),
    "a2a_communication",
    ...OWN_EVENT_TYPES,
    PAYLOAD_ERASURE,
    RETENTION_PURGE,
  ]),
];

const decision = oneOf("allow", "deny");
/** Callers of the REST API may ask about any server and name any tool: a name is shown once it is known to be one. */
const server = introduced(SERVER_NAMES, MAX_SERVER_NAMES);
const tool = introduced(TOOL_NAMES, MAX_TOOL_NAMES);
const agentType = oneOf(...AGENT_TYPES);

const gateway = defineCatalog({
  sark_gateway_authz_requests_total: {
    type: "counter",
    help: "Authorization decisions of the gateway.",
    question: "How many decisions are made, of which kind, and what part is denied?",
    queries: [
      'sum(rate(sark_gateway_authz_requests_total{decision="deny"}[5m])) / sum(rate(sark_gateway_authz_requests_total[5m]))',
    ],
    unit: "1",
    labels: { decision, action: oneOf(...ACTIONS), server },
  },
  sark_gateway_authz_latency_seconds: {
    type: "histogram",
    help: "Time from an authorization request to its decision, policy and cache included.",
    question: "How long do callers wait for a decision?",
    unit: "seconds",
    labels: { action: oneOf(...ACTIONS) },
    bucketsBecause: "they are a contract; 50 and 100 ms, at which alerts fire, are bounds of their own",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
  },
  sark_gateway_cache_hits_total: {
    type: "counter",
    help: "Authorization requests decided from the decision cache.",
    question: "What part of the decisions comes from the cache (with the misses)?",
    queries: [
      "sum(rate(sark_gateway_cache_hits_total[5m])) / (sum(rate(sark_gateway_cache_hits_total[5m])) + sum(rate(sark_gateway_cache_misses_total[5m])))",
    ],
    unit: "1",
  },
  sark_gateway_cache_misses_total: {
    type: "counter",
    help: "Authorization requests that the decision cache could not decide.",
    question: "How often is the policy engine asked because the cache knows nothing?",
    unit: "1",
  },
  sark_gateway_cache_evictions_total: {
    type: "counter",
    help: "Decisions dropped from the cache because it was full.",
    question: "Is the cache too small for what is asked?",
    unit: "1",
  },
  sark_a2a_authz_requests_total: {
    type: "counter",
    help: "Authorization decisions between agents.",
    question: "Which kinds of agents ask to talk to which, and how often is it denied?",
    unit: "1",
    labels: { decision, source_type: agentType, target_type: agentType },
  },
  sark_gateway_client_errors_total: {
    type: "counter",
    help: "Requests that the gateway refused or could not complete, by what was asked and what was wrong.",
    question: "What do clients ask that fails, and what is wrong with it?",
    unit: "1",
    labels: { operation: bounded(60, KNOWN_OPERATIONS), error_type: bounded(80, KNOWN_ERROR_TYPES) },
    // Every operation with every error would be 4,800; a client that tries them all comes to some 400 in a quarter of an hour.
    maxSeries: 1_000,
  },
  sark_gateway_audit_events_total: {
    type: "counter",
    help: "Audit events committed to the audit store.",
    question: "What is put on record, and does it keep up with what is decided?",
    unit: "1",
    labels: { event_type: bounded(40, OWN_EVENTS), decision },
  },
  sark_gateway_active_connections: {
    type: "gauge",
    help: "Client connections open right now.",
    question: "How many client connections are open, and how near is http.maxConnections?",
    unit: "1",
  },
  sark_gateway_requests_in_flight: {
    type: "gauge",
    help: "HTTP requests being served right now, open streams included.",
    question: "How busy is this replica?",
    unit: "1",
  },
  sark_gateway_held_request_bytes: {
    type: "gauge",
    help: "Bytes of request bodies held right now; see http.maxBufferedSize.",
    question: "How near is memory for request bodies to its bound, at which requests are refused?",
    unit: "bytes",
  },
  sark_gateway_held_response_bytes: {
    type: "gauge",
    help: "Bytes of upstream responses that clients have not taken yet; see mcp.maxHeldSize.",
    question: "Do clients read so slowly that responses pile up?",
    unit: "bytes",
  },
  sark_gateway_draining: {
    type: "gauge",
    help: "Whether this replica is out of service, by an operator or because it ends: 1, or 0.",
    question: "Which replicas are out of service?",
    unit: "1",
  },
  sark_gateway_calls_cut_total: {
    type: "counter",
    help: "Calls that were not over when the time of a drain was.",
    question: "Did a drain cut calls, so that its time should be longer?",
    unit: "1",
  },
  sark_gateway_open_streams: {
    type: "gauge",
    help: "Event streams open to clients right now.",
    question: "How many clients listen?",
    unit: "1",
    labels: { stream: oneOf(...STREAM_KINDS) },
  },
  sark_gateway_broken_streams_total: {
    type: "counter",
    help: "Streams of upstream servers that broke and could be resumed by their event ids, by whether they were.",
    question: "Which server's streams break, and does resuming them work?",
    unit: "1",
    labels: { server, resumed: oneOf("yes", "no") },
  },
  sark_gateway_messages_forwarded_total: {
    type: "counter",
    help: "Authorized MCP messages sent to upstream servers.",
    question: "How much does each server get to do?",
    unit: "1",
    labels: { server, type: oneOf("request", "notification", "response") },
  },
  sark_gateway_malformed_responses_total: {
    type: "counter",
    help: "Responses of upstream servers that are no MCP and were not passed on.",
    question: "Which server does not speak MCP as it should?",
    unit: "1",
    labels: { server, problem: oneOf(...UPSTREAM_PROBLEMS) },
  },
  sark_gateway_authentication_failures_total: {
    type: "counter",
    help: "Requests whose credentials were missing or refused.",
    question: "Why are credentials refused, and does someone try many?",
    unit: "1",
    labels: { reason: bounded(40, AUTHENTICATION_ERROR_CODES) },
  },
  sark_gateway_calls_total: {
    type: "counter",
    help: "Permitted MCP calls by how they ended.",
    question: "How do permitted calls end, at which server?",
    queries: [
      'sum by (server) (rate(sark_gateway_calls_total{outcome="ok"}[5m])) / sum by (server) (rate(sark_gateway_calls_total[5m]))',
    ],
    unit: "1",
    labels: { server, kind: oneOf(...CALL_KINDS), outcome: oneOf(...OUTCOMES) },
  },
  mcp_server_operation_duration_seconds: {
    type: "histogram",
    help: "Duration of an MCP request in the gateway, from its receipt to its end (OpenTelemetry mcp.server.operation.duration).",
    question:
      "How long does an MCP request take by method and tool, for dashboards of the OpenTelemetry convention?",
    unit: "seconds",
    labels: {
      mcp_method_name: oneOf(...KNOWN_METHODS, OTHER_METHOD),
      gen_ai_tool_name: tool,
      error_type: bounded(40, KNOWN_ERROR_CODES),
      network_transport: oneOf("tcp", "pipe"),
      mcp_protocol_version: bounded(12),
    },
    bucketsBecause: "the advice of the MCP convention: tools take from milliseconds to minutes",
    buckets: MCP_SECONDS,
    maxSeries: 1_000,
  },
  mcp_client_operation_duration_seconds: {
    type: "histogram",
    help: "Duration of an MCP request at the server behind the gateway, from when it was sent to its end (OpenTelemetry mcp.client.operation.duration).",
    question:
      "How much of the duration of MCP requests is that of the servers, for dashboards of the OpenTelemetry convention?",
    unit: "seconds",
    labels: {
      mcp_method_name: oneOf(...KNOWN_METHODS, OTHER_METHOD),
      gen_ai_tool_name: tool,
      error_type: bounded(40, KNOWN_ERROR_CODES),
      network_transport: oneOf("tcp", "pipe"),
      mcp_protocol_version: bounded(12),
    },
    bucketsBecause: "those of mcp_server_operation_duration_seconds, so that both can be compared",
    buckets: MCP_SECONDS,
    maxSeries: 1_000,
  },
  sark_gateway_upstream_errors_total: {
    type: "counter",
    help: "Exchanges with an upstream server that failed.",
    question: "Which server fails, and in which way?",
    unit: "1",
    labels: { server, error_type: oneOf(...UPSTREAM_ERROR_CODES) },
  },
  sark_gateway_upstream_sessions_renewed_total: {
    type: "counter",
    help: "Sessions that an HTTP server knew no more, and in whose place another one was begun.",
    question: "Which server forgets its sessions, and did a new one take their place?",
    unit: "1",
    labels: { server },
  },
  sark_gateway_upstream_tokens_total: {
    type: "counter",
    help: "Requests for tokens at the authorization servers of upstream servers.",
    question: "Does the gateway get the tokens with which it calls a server?",
    unit: "1",
    labels: {
      server,
      grant: oneOf("client_credentials", "token_exchange"),
      result: oneOf("ok", "failed"),
    },
  },
  sark_gateway_upstream_processes: {
    type: "gauge",
    help: "Processes of stdio servers running right now.",
    question: "How many processes of a stdio server run?",
    unit: "1",
    labels: { server, role: oneOf("session", "shared") },
  },
  sark_gateway_upstream_sessions: {
    type: "gauge",
    help: "Sessions open at stdio servers right now.",
    question: "How many sessions does a stdio server have?",
    unit: "1",
    labels: { server },
  },
  sark_gateway_upstream_dropped_total: {
    type: "counter",
    help: "What stdio servers sent that could be passed to no client: no message, no addressee, or a full replay buffer.",
    question: "Does a stdio server send what no client can be given?",
    unit: "1",
    labels: { server, what: oneOf("junk", "oversized", "unrouted", "replay") },
  },
  sark_gateway_log_lines_suppressed_total: {
    type: "counter",
    help: "Log lines left out because one source had more of them than its share: a server, or a caller.",
    question: "Of what does the log have fewer lines than happened?",
    unit: "1",
    labels: { about: oneOf("upstream", "refused", "malformed", "rate_limited", "quotas", "authentication") },
  },
  sark_gateway_extra_traces_total: {
    type: "counter",
    help: "Calls that were not sampled and are worth a trace, by why, and whether it was recorded; see tracing.maxExtraTraces.",
    question:
      "How many denied, failed and slow calls have a trace, and were some too many for tracing.maxExtraTraces?",
    unit: "1",
    labels: { reason: oneOf(...EXTRA_TRACE_REASONS), recorded: oneOf("yes", "no") },
  },
});

/** The metrics of serving, deciding and calling (MET-1 … MET-9). */
export const gatewayCatalog = mergeCatalogs(gateway, rateLimitCatalog, policyCatalog, usageCatalog);
export type GatewayCatalog = typeof gatewayCatalog;
