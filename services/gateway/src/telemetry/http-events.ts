import type { Server } from "node:http";
import type { Logger, Recorder } from "@sark/observability";
import type { HttpError } from "../http/errors.ts";
import type { GatewayCatalog } from "./catalog.ts";
import type { GatewayMetrics } from "./metrics.ts";

/** What happens to HTTP requests before and beside MCP. */
export interface HttpEvents {
  /** A request was refused: one counter, one log line. Faults of the gateway itself are errors, the rest warnings. */
  refused(operation: string, error: HttpError): void;
  authenticationFailed(operation: string, reason: string, clientAddress: string): void;
  /** Counts connections and requests of this server. */
  watch(server: Server): void;
}

export function createHttpEvents(deps: {
  readonly recorder: Recorder<GatewayCatalog>;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
}): HttpEvents {
  const { recorder, metrics } = deps;
  const logger = deps.logger.child({ component: "http" });
  return {
    refused(operation, error) {
      metrics.recordClientError(operation, error.code);
      const fields = { operation, status: error.status, error_type: error.code };
      if (error.status >= 500) logger.error({ ...fields, error: error.cause ?? error }, error.message);
      else logger.warn(fields, error.message);
    },
    authenticationFailed(operation, reason, clientAddress) {
      recorder.increment("sark_gateway_authentication_failures_total", { reason });
      metrics.recordClientError(operation, reason);
      logger.warn({ operation, error_type: reason, client_address: clientAddress }, "authentication failed");
    },
    watch(server) {
      server.on("connection", (socket) => {
        recorder.adjust("sark_gateway_active_connections", {}, 1);
        socket.once("close", () => recorder.adjust("sark_gateway_active_connections", {}, -1));
      });
      server.on("request", (_request, response) => {
        recorder.adjust("sark_gateway_requests_in_flight", {}, 1);
        response.once("close", () => recorder.adjust("sark_gateway_requests_in_flight", {}, -1));
      });
      // Half-open, slow and malformed requests end here, before any route sees them.
      server.on("clientError", (error: NodeJS.ErrnoException) => {
        metrics.recordClientError("http", clientErrorType(error.code));
        logger.warn({ error_type: clientErrorType(error.code) }, "unreadable request");
      });
      server.on("drop", () => metrics.recordClientError("http", "too_many_connections"));
    },
  };
}

function clientErrorType(code: string | undefined): string {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "slow_client";
  if (code === "HPE_HEADER_OVERFLOW") return "headers_too_large";
  return code === "ECONNRESET" || code === "EPIPE" ? "connection_reset" : "malformed_request";
}
