import type { Logger } from "@sark/observability/logging";
import type { Exemplar, Recorder } from "@sark/observability/metrics";
import type { AuthorizationQuery, Decision } from "../domain/authorization.ts";
import type { CallResult, CallTimes, McpCall } from "../domain/governance.ts";
import type { GatewayCatalog } from "./catalog.ts";
import { knownErrorType, knownMethod, listedMethod } from "./known-values.ts";
import type { GatewayMetrics } from "./metrics.ts";
import { createNames, TENANT_NAMES, USER_NAMES } from "./names.ts";
import { errorTypeOf } from "./traces/error-type.ts";
import { sampledTrace } from "@sark/observability/tracing";

/** What happens to calls, in the pipeline's words: each event counts and logs in one place. */
export interface CallEvents {
  /** `seconds` from the request for a decision to the decision. */
  authorizationDecided(query: AuthorizationQuery, decision: Decision, seconds: number): void;
  /** `traced`: the ids by which its trace can be looked up. */
  callFinished(
    call: McpCall,
    transport: "tcp" | "pipe",
    result: CallResult,
    times: CallTimes,
    traced: Exemplar | null,
  ): void;
  /** The servers behind the gateway, with the tools that the configuration names. */
  serversConfigured(servers: readonly { readonly name: string; readonly tools: readonly string[] }[]): void;
  toolsListed(server: string, tools: readonly string[]): void;
  /** The record of a decision could not be kept, so the call was refused; `code` is what its caller was told. */
  auditRefused(call: Pick<McpCall, "method" | "server">, code: string, error: unknown): void;
  /** The record of an outcome could not be kept: its intent stays an orphan that the store can list. */
  outcomeNotRecorded(call: McpCall, intentId: string, outcome: CallResult["outcome"], error: unknown): void;
}

export function createCallEvents(deps: {
  readonly recorder: Recorder<GatewayCatalog>;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
}): CallEvents {
  const { recorder, metrics } = deps;
  const names = createNames(recorder);
  const logger = deps.logger.child({ component: "gateway" });
  const security = deps.logger.child({ component: "gateway", log: "security-audit" });
  return {
    authorizationDecided(query, decision, seconds) {
      const decided = decision.allow ? "allow" : "deny";
      metrics.recordAuthorization(decided, query.action, serverOf(query), seconds, sampledTrace());
      countCaller(recorder, query.principal, decided);
      countPolicies(recorder, decision);
      if (!decision.allow) {
        if (query.resource.type === "tool") {
          const { server, name: tool } = query.resource;
          recorder.increment("sark_gateway_tool_calls_total", { server, tool, outcome: "denied" });
        }
        security.warn(
          {
            action: query.action,
            ...namesIn(query),
            reason_code: decision.code,
            policies: decision.policies,
          },
          `denied: ${decision.reason}`,
        );
      }
    },
    callFinished(call, transport, result, { seconds, executionSeconds }, traced) {
      recorder.increment("sark_gateway_calls_total", {
        server: call.server,
        kind: call.kind,
        outcome: result.outcome,
      });
      const errorType = errorTypeOf(call, result);
      // A name that has had a response is that of a tool; others could be made up.
      if (call.kind === "tool" && call.target !== null && result.outcome === "ok") {
        names.tools(call.server, [call.target]);
      }
      if (call.kind === "tool") {
        const { server, target: tool } = call;
        recorder.increment("sark_gateway_tool_calls_total", { server, tool, outcome: result.outcome });
        recorder.observe(
          "sark_gateway_tool_execution_seconds",
          { server, tool },
          executionSeconds,
          traced ?? undefined,
        );
      }
      const operation = {
        mcp_method_name: listedMethod(call.method),
        gen_ai_tool_name: call.kind === "tool" ? (call.target ?? "") : "",
        error_type: errorType === null ? "" : knownErrorType(errorType),
        mcp_protocol_version: call.protocolVersion ?? "",
      };
      const exemplar = traced ?? undefined;
      // Clients come over HTTP, whatever their server speaks.
      const received = { ...operation, network_transport: "tcp" as const };
      recorder.observe("mcp_server_operation_duration_seconds", received, seconds, exemplar);
      const sent = { ...operation, network_transport: transport };
      recorder.observe("mcp_client_operation_duration_seconds", sent, executionSeconds, exemplar);
      // People change their minds: that is an outcome, and no error.
      if (errorType !== null && result.outcome !== "cancelled") {
        metrics.recordClientError(knownMethod(call.method), knownErrorType(errorType));
      }
      logger[isFault(result) ? "warn" : "info"](
        {
          server: call.server,
          method: call.method,
          tool: call.kind === "tool" ? (call.target ?? undefined) : undefined,
          session: call.sessionId ?? undefined,
          outcome: result.outcome,
          error_type: errorType ?? undefined,
          duration_ms: executionSeconds * 1_000,
        },
        result.message === undefined ? "call finished" : `call finished: ${result.message}`,
      );
    },
    serversConfigured: names.configured,
    toolsListed: names.tools,
    auditRefused({ method, server }, code, error) {
      metrics.recordClientError(knownMethod(method), code);
      logger.error({ operation: method, server, error }, "refused: the audit record could not be kept");
    },
    outcomeNotRecorded({ server, target }, intentId, outcome, error) {
      metrics.recordFault("audit_outcome", "audit_unavailable");
      logger.error(
        { intent_id: intentId, server, target, outcome, error },
        "the outcome of a call could not be recorded",
      );
    },
  };
}

function countCaller(
  recorder: Recorder<GatewayCatalog>,
  { id: user, tenant }: AuthorizationQuery["principal"],
  decision: "allow" | "deny",
): void {
  // Who may do something is no made-up name.
  if (decision === "allow") {
    recorder.introduce(USER_NAMES, user);
    recorder.introduce(TENANT_NAMES, tenant ?? "");
  }
  recorder.increment("sark_gateway_user_requests_total", { tenant, user, decision });
}

function countPolicies(recorder: Recorder<GatewayCatalog>, { allow, code, policies }: Decision): void {
  for (const policy of policies.length === 0 ? [null] : policies) {
    recorder.increment("sark_policy_decisions_total", { policy, decision: allow ? "allow" : "deny" });
  }
  if (!allow) {
    recorder.increment("sark_policy_denials_total", { reason: code });
  }
}

function serverOf(query: AuthorizationQuery): string {
  const { resource } = query;
  if ("server" in resource) {
    return resource.server;
  }
  return resource.type === "server" ? resource.name : "";
}

/** Something is wrong with the call or its server. Tools fail and people change their minds every day. */
function isFault({ outcome }: CallResult): boolean {
  return outcome === "protocol_error" || outcome === "upstream_error" || outcome === "timeout";
}

/** What was asked for, on log lines. */
function namesIn({ resource }: AuthorizationQuery): { server?: string; tool?: string } {
  if (resource.type === "server") {
    return { server: resource.name };
  }
  if (resource.type === "tool") {
    return { server: resource.server, tool: resource.name };
  }
  return "server" in resource ? { server: resource.server } : {};
}
