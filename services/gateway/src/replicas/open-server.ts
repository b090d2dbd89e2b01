import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ReplicaTls } from "./tls-files.ts";

/** Longer than those who ask keep a connection. */
const KEPT_MS = 60_000;

/**
 * The server that other replicas speak to. With TLS each connection shows a certificate of the authority, and is verified by the files as they are when
 * it begins; those that were begun with others end with their next response. Who shows no good one is told so by HTTP, before any of its request is read:
 * after an end of the connection it could not tell that nothing was done. `null`: plain.
 */
export function openServer(
  tls: ReplicaTls | null,
  listener: RequestListener,
  notAuthentic: (response: ServerResponse) => void,
): Server {
  const limits = { keepAliveTimeout: KEPT_MS, requestTimeout: 30_000, headersTimeout: 10_000 };
  if (tls === null) {
    return createServer(limits, listener);
  }
  let files = tls.current();
  const begunWith = new WeakMap<Socket, typeof files>();
  const server = createTlsServer(
    { ...limits, ...files, requestCert: true, rejectUnauthorized: false, handshakeTimeout: 10_000 },
    (request, response) => {
      if (begunWith.get(request.socket) !== tls.current()) {
        response.setHeader("connection", "close");
      }
      if ((request.socket as TLSSocket).authorized) {
        listener(request, response);
      } else {
        notAuthentic(response);
      }
    },
  );
  server.prependListener("connection", () => {
    const now = tls.current();
    if (now !== files) {
      files = now;
      server.setSecureContext(files);
      server.closeIdleConnections();
    }
  });
  server.prependListener("secureConnection", (socket: Socket) => begunWith.set(socket, files));
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return server;
}
