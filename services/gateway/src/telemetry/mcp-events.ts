import type { Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { McpObserver } from "../mcp/contract/observer.ts";
import { principalKey } from "@sark/authentication";
import type { GatewayCatalog } from "./catalog.ts";
import { createLineLimit } from "./line-limit.ts";
import type { GatewayMetrics } from "./metrics.ts";

/** What the MCP endpoint does besides governed calls: each event is one counter and, where it matters, one line. */
export function createMcpEvents(deps: {
  readonly recorder: Recorder<GatewayCatalog>;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
}): McpObserver {
  const { recorder, metrics } = deps;
  const logger = deps.logger.child({ component: "mcp" });
  const suppressed = (about: "refused" | "malformed") => () =>
    recorder.increment("sark_gateway_log_lines_suppressed_total", { about });
  const refusals = createLineLimit(suppressed("refused"));
  const malformed = createLineLimit(suppressed("malformed"));
  return {
    requestRefused({ server, status, errorType, message, caller }) {
      metrics.recordClientError("mcp", errorType);
      const { principal, correlationId } = caller;
      const fields = { server, status, error_type: errorType, user: principal.id };
      // By caller, so that none can hide what another does.
      refusals.write(
        `${principalKey(principal)} ${errorType}`,
        () => logger.warn({ ...fields, correlation_id: correlationId }, message),
        (lines) =>
          logger.warn({ ...fields, lines }, "left out further lines about refused requests of this caller"),
      );
    },
    messageForwarded({ server, type, method }) {
      recorder.increment("sark_gateway_messages_forwarded_total", { server, type });
      logger.debug({ server, type, method }, "message forwarded");
    },
    sessionEnded({ server, session, caller, reason }) {
      // The line of the session that is over is its registry's, once.
      logger.debug({ server, session, user: caller.principal.id, reason }, "session ended");
    },
    streamOpened({ stream }) {
      recorder.adjust("sark_gateway_open_streams", { stream }, 1);
    },
    streamClosed({ server, stream, end, events, bytes }) {
      recorder.adjust("sark_gateway_open_streams", { stream }, -1);
      logger.debug({ server, stream, end, events, bytes }, "stream closed");
    },
    streamBroken({ server, stream, resumed, correlationId }) {
      recorder.increment("sark_gateway_broken_streams_total", { server, resumed: resumed ? "yes" : "no" });
      logger.warn(
        { server, stream, resumed, correlation_id: correlationId },
        resumed
          ? "the link to an upstream server broke; its stream was resumed"
          : "the link to an upstream server broke; its stream could not be resumed",
      );
    },
    malformedUpstream({ server, problem, correlationId }) {
      recorder.increment("sark_gateway_malformed_responses_total", { server, problem });
      // The line of the call that ends with it is the warning.
      const fields = { server, error_type: problem };
      const text = "malformed response of an upstream server";
      malformed.write(
        `${server} ${problem}`,
        () => logger.info({ ...fields, correlation_id: correlationId }, text),
        (lines) => logger.info({ ...fields, lines }, `left out further lines: ${text}`),
      );
    },
  };
}
