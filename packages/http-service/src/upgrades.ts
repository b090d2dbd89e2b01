import { ServerResponse, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import { destroyLater } from "./connections.ts";

/** A connection that a request would have leave HTTP, with what came after the request in the same piece. */
export interface OfferedConnection {
  readonly socket: Socket;
  readonly head: Buffer;
}

const offered = new WeakMap<IncomingMessage, OfferedConnection>();

/**
 * Has requests that may leave HTTP (`shouldUpgrade` of the server) served as all others are: by the same hooks, limits and
 * routes, and with a response where they are refused, after which their connection ends. Their route calls `takeConnection`.
 */
export function serveUpgrades(server: Server): void {
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    // Node no longer looks after this connection. A client that leaves is noticed by its end.
    socket.on("error", () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    offered.set(request, { socket, head });
    response.once("finish", () => {
      end(response, socket);
      // What still comes is thrown away, or its being unread would cut the response off.
      socket.resume();
      socket.end();
      destroyLater(socket);
    });
    server.emit("request", request, response);
  });
}

/** Takes the connection out of HTTP: nothing is sent as its response. `null` where the request did not ask for that. */
export function takeConnection(request: IncomingMessage, response: ServerResponse): OfferedConnection | null {
  const connection = offered.get(request);
  if (connection === undefined) {
    return null;
  }
  offered.delete(request);
  response.statusCode = 101;
  end(response, connection.socket);
  return connection;
}

/** As Node does for the responses of its own connections. */
function end(response: ServerResponse, socket: Socket): void {
  if (response.socket === socket) {
    response.detachSocket(socket);
  }
  process.nextTick(() => response.emit("close"));
}
