import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import { isFault } from "../transport/errors.ts";
import { createRequestSlot, type HttpFailure, normalAddress } from "@sark/http-service";
import type { GatewayCatalog } from "./catalog.ts";
import { createLineLimit } from "./line-limit.ts";
import type { GatewayMetrics } from "./metrics.ts";
import type { RequestTracing } from "./traces/request-tracing.ts";

/** What happens to HTTP requests before MCP, and outside of it. */
export interface HttpEvents {
  /**
   * A request was refused: one counter, one log line. Faults of the gateway itself are errors, the rest warnings.
   * @param unknownAt address of a caller that is not known: it does not decide how long the log gets
   */
  refused(operation: string, error: HttpFailure, unknownAt: string | null): void;
  authenticationFailed(operation: string, reason: string, clientAddress: string): void;
  /** The record of a denied request, or the number of those after it, could not be kept. */
  denialNotRecorded(error: unknown): void;
  /** What came over a connection could not be read as a request, or did not come to its end. `left`: the client closed its side. */
  unreadable(error: HttpFailure, connection: Duplex, left: boolean): void;
  /** A connection ended before TLS was set up. */
  handshakeFailed(error: Error, connection: Socket): void;
  /** Changed files of TLS are in use now (`null`), or cannot be, and those before are. */
  tlsFilesChanged(event: { readonly problem: string | null }): void;
  /** The client went away, or was cut off, before its request was complete. */
  abandoned(operation: string, connection: Duplex): void;
  /** A client that took nothing of its response for too long was cut off. */
  stalled(connection: Duplex): void;
  /** A request's route is known, by its name. */
  routed(request: IncomingMessage, operation: string): void;
  /** Counts connections and requests of this server. */
  watch(server: Server): void;
  /** Has what is held of bodies read at each scrape, in bytes. */
  watchHeld(held: { requests(): number; responses(): number }): void;
}

export function createHttpEvents(deps: {
  readonly recorder: Recorder<GatewayCatalog>;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
  readonly tracing: Pick<RequestTracing, "end">;
}): HttpEvents {
  const { recorder, metrics, tracing } = deps;
  const logger = deps.logger.child({ component: "http" });
  const security = deps.logger.child({ component: "http", log: "security-audit" });
  const lines = createLineLimit(() =>
    recorder.increment("sark_gateway_log_lines_suppressed_total", { about: "authentication" }),
  );
  const linesOfUnknown = createLineLimit(() =>
    recorder.increment("sark_gateway_log_lines_suppressed_total", { about: "refused" }),
  );

  /** A warning about what may come from anywhere: each address has its share of lines of a kind. */
  function warnOf(
    address: string,
    to: Logger,
    fields: { readonly error_type: string } & Readonly<Record<string, unknown>>,
    message: string,
  ): void {
    linesOfUnknown.write(
      `${fields.error_type} ${address}`,
      () => to.warn(fields, message),
      (suppressed) =>
        to.warn({ ...fields, client_address: address, suppressed }, "more of the same kind of this address"),
    );
  }

  /** Connections that were cut off for a reason that has been told already. */
  const cutOff = new WeakSet<Duplex>();
  /** Requests without one were refused before they had a route. */
  const operations = createRequestSlot<string>("operation");
  function served(request: IncomingMessage, response: ServerResponse, startedAt: number): void {
    const operation = operations.get(request) ?? "unrouted";
    const status = response.headersSent ? String(response.statusCode) : "client_left";
    recorder.increment("sark_gateway_requests_total", { operation, status });
    const traced = tracing.end(request, response) ?? undefined;
    // How long a client listens is no property of the gateway.
    if (operation !== "mcp" || request.method !== "GET") {
      const seconds = (performance.now() - startedAt) / 1_000;
      recorder.observe("sark_gateway_request_duration_seconds", { operation }, seconds, traced);
    }
  }
  return {
    refused(operation, error, unknownAt) {
      metrics.recordClientError(operation, error.code);
      const fields = { operation, status: error.status, error_type: error.code };
      if (isFault(error)) {
        logger.error({ ...fields, error: error.cause ?? error }, error.message);
        return;
      }
      const to = error.status === 403 ? security : logger;
      if (unknownAt === null) {
        to.warn(fields, error.message);
      } else {
        warnOf(unknownAt, to, fields, error.message);
      }
    },
    denialNotRecorded(error) {
      metrics.recordFault("access", "audit_unavailable");
      logger.error({ error }, "the record of denied requests could not be kept");
    },
    authenticationFailed(operation, reason, clientAddress) {
      recorder.increment("sark_gateway_authentication_failures_total", { reason });
      metrics.recordClientError(operation, reason);
      const fields = { operation, error_type: reason, client_address: clientAddress };
      lines.write(
        clientAddress,
        () => security.warn(fields, "authentication failed"),
        (suppressed) =>
          security.warn({ ...fields, suppressed }, "more authentication failures of this address"),
      );
    },
    unreadable(error, connection, left) {
      cutOff.add(connection);
      const errorType = left ? "client_left" : error.code;
      metrics.recordClientError("http", errorType);
      const fields = { operation: "http", status: error.status, error_type: errorType };
      warnOf(addressOf(connection), logger, fields, error.message);
    },
    handshakeFailed(error, connection) {
      const address = addressOf(connection);
      metrics.recordFault("tls", "handshake_failed");
      const fields = { operation: "tls", error_type: "handshake_failed", client_address: address };
      const { code } = error as NodeJS.ErrnoException;
      lines.write(
        address,
        () => logger.info({ ...fields, code }, "no TLS with this client"),
        (suppressed) => logger.info({ ...fields, suppressed }, "more of this address without TLS"),
      );
    },
    tlsFilesChanged({ problem }) {
      if (problem === null) {
        security.info({}, "the changed files of TLS are in use");
        return;
      }
      metrics.recordFault("tls", "files_unusable");
      logger.error({}, `the changed files of TLS cannot be used, those before are: ${problem}`);
    },
    abandoned(operation, connection) {
      if (cutOff.has(connection)) {
        return;
      }
      metrics.recordClientError(operation, "client_left");
      const fields = { operation, error_type: "client_left" };
      warnOf(addressOf(connection), logger, fields, "the client went away in the middle of its request");
    },
    stalled(connection) {
      cutOff.add(connection);
      metrics.recordClientError("http", "stalled_client");
      const fields = { error_type: "stalled_client" };
      warnOf(addressOf(connection), logger, fields, "the client took nothing of its response for too long");
    },
    routed: operations.set,
    watchHeld({ requests, responses }) {
      recorder.onCollect("sark_gateway_held_request_bytes", requests);
      recorder.onCollect("sark_gateway_held_response_bytes", responses);
    },
    watch(server) {
      const connections = recorder.bindGauge("sark_gateway_active_connections", {});
      const inFlight = recorder.bindGauge("sark_gateway_requests_in_flight", {});
      server.on("connection", (socket) => {
        connections.adjust(1);
        socket.once("close", () => connections.adjust(-1));
      });
      server.on("request", (request, response) => {
        const startedAt = performance.now();
        inFlight.adjust(1);
        response.once("close", () => {
          inFlight.adjust(-1);
          served(request, response, startedAt);
        });
      });
      server.on("drop", () => metrics.recordClientError("http", "too_many_connections"));
    },
  };
}

function addressOf(connection: Duplex): string {
  const { remoteAddress } = connection as Partial<Socket>;
  return normalAddress(remoteAddress ?? "unknown");
}
