import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Server as TlsServer } from "node:tls";
import { createInFlight, type InFlight } from "@sark/scheduling";
import { ambiguityOf } from "./check-head.ts";
import { hasBody, declaredLength, MAX_TINY_PIECES } from "./read-body.ts";

/** The connections of a server, and which responses are under way on each; below the framework. */
export interface Connections {
  /** Responses whose clients have not all of them yet. */
  responses(): Iterable<ServerResponse>;
  /** From now on each connection ends with the last response that is under way on it. */
  startDraining(): void;
  /** Ends those connections, each with the last response that is under way on it. */
  renew(which: (connection: Socket) => boolean): void;
  /** Ends the connections on which nothing is under way. */
  closeIdle(): void;
  /**
   * What a response that is written over the connection now is a response to: the request that is not read to its end yet, or
   * `null` where none is under way. `undefined` where a client would take it for the response to another one, or part of it.
   */
  awaited(connection: Socket): IncomingMessage | null | undefined;
  /** Writes a whole response and ends the connection. What still comes over it is not acted upon. */
  endWith(connection: Socket, response: string): void;
}

/**
 * Requests of one connection whose responses are under way. Clients hardly ever send ahead of a response, and what came in one
 * piece is served at once: 64 KiB of short requests, thousands of them, would keep all other connections waiting.
 */
const MAX_UNDER_WAY = 16;

/** `code` of the `clientError` of a connection over which more came than it takes ahead of responses. */
export const SENT_AHEAD = "SARK_SENT_AHEAD";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** After a response that was sent before its request was read, the client may go on sending for this long. */
const LINGER_MS = 1_000;
/** What is left of a request may be read and thrown away up to this length, so that its connection can be used again. */
const SKIPPED_BYTES = 64 * 1024;

/** Responses with `Connection: close`: what was asked after them on the same connection has no response. */
const closing = new WeakSet<ServerResponse>();
/** Connections whose last request has come, or whose last response is written. */
const ended = new WeakSet<Socket>();
const responsesOn = new WeakMap<Socket, InFlight<ServerResponse>>();

/**
 * Whether a request of this connection may take it out of HTTP: no response to an earlier one is under way on it, which would come behind
 * what the other protocol sends, or be taken for it.
 */
export function isFree(connection: Socket): boolean {
  return !ended.has(connection) && (responsesOn.get(connection)?.size ?? 0) === 0;
}

/**
 * Whether Node drops what came behind this request in the same piece: where it asks to leave HTTP and may not. The next piece would be read
 * from its middle, and a body in it as requests.
 */
function losesWhatFollows(request: IncomingMessage & { readonly upgrade?: boolean }): boolean {
  const { upgrade, connection = "" } = request.headers;
  return upgrade !== undefined && request.upgrade !== true && /upgrade/i.test(connection);
}

/** Ends the connection with this response. Call it before the head is sent. */
export function closeAfter(response: ServerResponse): void {
  if (response.headersSent) {
    return;
  }
  closing.add(response);
  response.setHeader("connection", "close");
}

/**
 * For a response that is sent before its request was read to its end: a small rest is skipped; else the connection
 * ends with the response. It lingers, because a client that is cut off while it sends may never read the response.
 */
export function leaveUnread(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete || !hasBody(request)) {
    return;
  }
  const length = declaredLength(request);
  if (length !== null && length <= SKIPPED_BYTES && request.headers.expect === undefined) {
    return;
  }
  closeAfter(response);
  const { socket } = request;
  let thrownAway = 0;
  request.on("data", () => {
    thrownAway += 1;
    if (thrownAway === MAX_TINY_PIECES) {
      socket.destroy();
    }
  });
  socket.destroySoon = () => {
    socket.end();
    destroyLater(socket);
  };
}

/** Gives the client time to read its last response. */
export function destroyLater(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}

/** Takes the place of the handler that `server` has: call it when the framework has set up its own. */
export function trackConnections(server: Server): Connections {
  const connections = new Map<Socket, InFlight<ServerResponse>>();
  const handlers = server.listeners("request") as Handler[];
  let draining = false;

  // Requests come over what TLS makes of a connection.
  server.on(server instanceof TlsServer ? "secureConnection" : "connection", (socket: Socket) => {
    const underWay = createInFlight<ServerResponse>();
    connections.set(socket, underWay);
    responsesOn.set(socket, underWay);
    socket.once("close", () => {
      connections.delete(socket);
      // Of a connection that it has given away (CONNECT) Node tells none of those who wait for the end of earlier responses.
      setImmediate(() => underWay.all().forEach((response) => response.emit("close")));
    });
  });

  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const underWay = connections.get(request.socket) ?? createInFlight<ServerResponse>();
    // Its response could never be sent, so it must not be acted upon.
    if (
      ended.has(request.socket) ||
      (underWay.size > 0 && underWay.all().some((earlier) => closing.has(earlier) && earlier.headersSent))
    ) {
      return;
    }
    if (underWay.size >= MAX_UNDER_WAY) {
      // The rest of the piece is still read, and not acted upon.
      ended.add(request.socket);
      server.emit(
        "clientError",
        Object.assign(new Error("sent ahead"), { code: SENT_AHEAD }),
        request.socket,
      );
      return;
    }
    // The next one may be in the same piece, and is read before this one is refused.
    if (ambiguityOf(request) !== null || losesWhatFollows(request)) {
      ended.add(request.socket);
      closeAfter(response);
    }
    const place = underWay.enter(response);
    // The framework, the tracing of requests and what a request holds all wait for its end.
    response.setMaxListeners(20);
    response.once("close", () => {
      underWay.leave(place);
      // While it lingers, more may come.
      if (closing.has(response)) {
        ended.add(request.socket);
      }
    });
    if (draining) {
      closeWithLast(underWay);
    }
    for (const handler of handlers) {
      handler.call(server, request, response);
    }
  });
  // Whether the body is wanted is known when the caller is; what else a client expects is refused as all else is.
  for (const event of ["checkContinue", "checkExpectation"]) {
    server.on(event, (request: IncomingMessage, response: ServerResponse) => {
      server.emit("request", request, response);
    });
  }

  return {
    *responses() {
      for (const underWay of connections.values()) {
        yield* underWay.all();
      }
    },
    startDraining() {
      draining = true;
      for (const underWay of connections.values()) {
        closeWithLast(underWay);
      }
    },
    renew(which) {
      for (const [socket, underWay] of connections) {
        if (!which(socket)) {
          continue;
        }
        if (underWay.size === 0) {
          socket.destroy();
        } else {
          closeWithLast(underWay);
        }
      }
    },
    closeIdle() {
      // Clients connect ahead of need; for Node.js a connection without a first request is not an idle one.
      for (const [socket, underWay] of connections) {
        if (underWay.size === 0 && socket.bytesRead === 0) {
          socket.destroy();
        }
      }
      server.closeIdleConnections();
    },
    awaited(connection) {
      const [first, ...others] = connections.get(connection)?.all() ?? [];
      if (first === undefined) {
        return null;
      }
      return others.length > 0 || first.headersSent || first.req.complete ? undefined : first.req;
    },
    endWith(connection, response) {
      ended.add(connection);
      if ((connections.get(connection)?.size ?? 0) > 0) {
        // At once: the rest of the request must not come in time for it to be acted upon.
        connection.write(response);
        connection.destroy();
        return;
      }
      connection.end(response);
      destroyLater(connection);
    },
  };
}

/** Every request that was sent before the end gets its response, also of those that were sent without waiting. */
function closeWithLast(underWay: InFlight<ServerResponse>): void {
  const responses = underWay.all();
  const last = responses.pop();
  for (const earlier of responses) {
    if (!closing.has(earlier) || earlier.headersSent) {
      continue;
    }
    closing.delete(earlier);
    earlier.removeHeader("connection");
  }
  if (last !== undefined) {
    closeAfter(last);
  }
}
