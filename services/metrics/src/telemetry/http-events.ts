import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { AuthenticationErrorCode } from "@sark/authentication";
import type { HttpFailure } from "@sark/http-service";
import { limitLines, type Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import { setFailure, type RequestSpans } from "@sark/observability/service";
import type { MetricsCatalog } from "./catalog.ts";
import { TENANTS } from "./tenant-label.ts";

/** What happens to HTTP requests. */
export interface HttpEvents {
  /** A response is over, or its client has left. */
  responded(event: {
    readonly request: IncomingMessage;
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly tenant: string | null;
    readonly seconds: number;
  }): void;
  /** A request was refused, or failed. `isKnown`: who sent it is authenticated. */
  refused(route: string, error: HttpFailure, isKnown: boolean): void;
  authenticationFailed(route: string, reason: AuthenticationErrorCode, clientAddress: string): void;
  /** What came over a connection could not be read as a request. */
  unreadable(error: HttpFailure): void;
  /** The client went away before its request was complete. */
  abandoned(route: string): void;
  /** A client that took nothing of its response for too long was cut off. */
  stalled(connection: Duplex): void;
  rateLimited(tenant: string): void;
  quotaExceeded(tenant: string): void;
  /** A tenant has shown a good credential. */
  tenantSeen(tenant: string): void;
  /** The record of something that was refused could not be kept. */
  refusalNotRecorded(error: unknown): void;
  /** Counts connections and requests of this server. */
  watch(server: Server): void;
}

/** Statuses of 500 and more that clients make by what they send, at once or too much. */
const MADE_BY_CLIENTS: ReadonlySet<string> = new Set(["overloaded", "profile_busy"]);
const LIMIT = { lines: 60, perMs: 60_000 };
type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

export function createHttpEvents(deps: {
  readonly recorder: Recorder<MetricsCatalog>;
  readonly logger: Logger;
  readonly requests: Pick<RequestSpans, "traced">;
}): HttpEvents {
  const { recorder } = deps;
  const logger = deps.logger.child({ component: "http" });
  const security = limitLines(deps.logger.child({ component: "http", log: "security-audit" }), LIMIT);

  /** What any client may bring about does not fill the log. */
  const unknownCallers = limitLines(logger, LIMIT);

  function counted(route: string, errorType: string): void {
    recorder.increment("metrics_api_errors_total", { route, error_type: errorType });
  }

  return {
    responded({ request, method, route, status, tenant, seconds }) {
      recorder.observe(
        "metrics_api_request_duration_seconds",
        { method: method as Method, route, status_code: String(status), tenant_id: tenant },
        seconds,
        deps.requests.traced(request),
      );
    },
    refused(route, error, isKnown) {
      counted(route, error.code);
      const fields = { operation: route, status: error.status, error_type: error.code };
      if (error.status >= 500) {
        setFailure(error.code);
      }
      if (error.status >= 500 && !MADE_BY_CLIENTS.has(error.code)) {
        logger.error({ ...fields, error: error.cause ?? error }, error.message);
      } else if (error.status === 403) {
        security.warn(fields, error.message);
      } else {
        (isKnown ? logger : unknownCallers).warn(fields, error.message);
      }
    },
    authenticationFailed(route, reason, clientAddress) {
      counted(route, reason);
      recorder.increment("metrics_authentication_failures_total", { reason });
      security.warn(
        { operation: route, error_type: reason, client_address: clientAddress },
        "authentication failed",
      );
    },
    unreadable(error) {
      counted("unreadable", error.code);
      unknownCallers.warn({ operation: "http", status: error.status, error_type: error.code }, error.message);
    },
    abandoned(route) {
      counted(route, "client_left");
      unknownCallers.warn(
        { operation: route, error_type: "client_left" },
        "the client left before its response",
      );
    },
    stalled() {
      counted("http", "stalled_client");
      unknownCallers.warn(
        { error_type: "stalled_client" },
        "the client took nothing of its response for too long",
      );
    },
    quotaExceeded: (tenant) => recorder.increment("metrics_quota_exceeded_total", { tenant_id: tenant }),
    rateLimited: (tenant) => recorder.increment("metrics_rate_limited_total", { tenant_id: tenant }),
    tenantSeen: (tenant) => void recorder.introduce(TENANTS, tenant),
    refusalNotRecorded(error) {
      counted("access", "audit_unavailable");
      logger.error({ error }, "the record of refused requests could not be kept");
    },
    watch(server) {
      server.on("connection", (socket) => {
        recorder.adjust("metrics_api_connections_active", {}, 1);
        socket.once("close", () => recorder.adjust("metrics_api_connections_active", {}, -1));
      });
      server.on("request", (_request, response) => {
        recorder.adjust("metrics_api_requests_in_flight", {}, 1);
        response.once("close", () => recorder.adjust("metrics_api_requests_in_flight", {}, -1));
      });
      server.on("drop", () => counted("http", "too_many_connections"));
    },
  };
}
