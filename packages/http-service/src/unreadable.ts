import { randomUUID } from "node:crypto";
import { STATUS_CODES, type Server } from "node:http";
import type { Socket } from "node:net";
import { runInContext } from "@sark/observability/logging";
import { SENT_AHEAD, type Connections } from "./connections.ts";
import { ERROR_OBJECT } from "./error-object.ts";
import type { ErrorFormat, HttpFailure } from "./http-failure.ts";
import { TransportError } from "./transport-error.ts";

/**
 * Responds to what Node cannot read as a request, or waits for in vain, as to every other request that is refused; no
 * route and no hook sees it. Takes the place of the handler that the framework has set up.
 *
 * @param told once of a connection over which something was sent; `left`: the client closed its side in the middle
 */
export function refuseUnreadable(
  server: Server,
  connections: Connections,
  told: (error: HttpFailure, connection: Socket, left: boolean) => void,
  format: ErrorFormat = ERROR_OBJECT,
): void {
  server.removeAllListeners("clientError");
  server.on("clientError", (cause: NodeJS.ErrnoException, connection: Socket) => {
    const error = toFailure(cause);
    // The work on a request of this connection tells that its client has left; an idle connection is not missed.
    if (error === null) {
      connection.destroy(cause);
      return;
    }
    refuse(error, connection, cause.code === "HPE_INVALID_EOF_STATE");
  });
  // Node gives the connection away, and would close it without a word.
  server.on("connect", (_request, connection: Socket) => {
    connection.on("error", () => connection.destroy());
    refuse(
      new TransportError("malformed_request", "This is no proxy: there is no CONNECT."),
      connection,
      false,
    );
  });

  function refuse(error: HttpFailure, connection: Socket, left: boolean): void {
    // Its last response is written, and what still comes is thrown away.
    if (!connection.writable) {
      return;
    }
    const request = connections.awaited(connection);
    const correlationId = request?.correlationId ?? randomUUID();
    // Clients connect ahead of need, and may never come to need it.
    if (connection.bytesRead > 0) {
      runInContext({ correlation_id: correlationId }, () => told(error, connection, left));
    }
    if (request === undefined) {
      connection.destroy(error.cause as Error | undefined);
    } else {
      connections.endWith(connection, responseText(error, correlationId, format));
    }
  }
}

/** `null` where the client has left. */
function toFailure(cause: NodeJS.ErrnoException): HttpFailure | null {
  switch (cause.code) {
    case "ECONNRESET":
    case "EPIPE":
      return null;
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new TransportError("slow_client", "The request was not complete in time.", { cause });
    case SENT_AHEAD:
      return new TransportError("too_many_requests", "Too many requests came ahead of their responses.", {
        cause,
      });
    case "HPE_HEADER_OVERFLOW":
      return new TransportError("headers_too_large", "The head of the request is too large.", { cause });
    default:
      return new TransportError("malformed_request", "This cannot be read as an HTTP request.", { cause });
  }
}

function responseText(error: HttpFailure, correlationId: string, format: ErrorFormat): string {
  const body = JSON.stringify(format.body(error, correlationId));
  return [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ""}`,
    `date: ${new Date().toUTCString()}`,
    `x-correlation-id: ${correlationId}`,
    `content-type: ${format.contentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
    "",
    body,
  ].join("\r\n");
}
