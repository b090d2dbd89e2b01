import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer as createTcpServer, type Server as TcpServer, type Socket } from "node:net";
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from "./loopback-certificate.ts";

export interface LocalServer extends AsyncDisposable {
  /** With a path and a query. */
  readonly url: URL;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** An HTTP server on a free port of the loopback interface; test code. */
export async function serveHttp(listener: Listener): Promise<LocalServer> {
  const server: Server = createServer((request, response) => {
    void listener(request, response);
  });
  const port = await listen(server);
  return {
    url: new URL(`http://127.0.0.1:${port}/mcp?x=1`),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await closed(server);
    },
  };
}

/** The same over TLS, with a certificate that is not trusted unless a client is told to. */
export async function serveHttps(listener: Listener): Promise<LocalServer> {
  const certificate = { cert: LOOPBACK_CERTIFICATE, key: LOOPBACK_KEY };
  const server = createTlsServer(certificate, (request, response) => {
    void listener(request, response);
  });
  const port = await listen(server);
  return {
    url: new URL(`https://127.0.0.1:${port}/mcp`),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await closed(server);
    },
  };
}

/** A server that speaks raw bytes, once the first bytes of a request are there. */
export async function serveRaw(onData: (socket: Socket) => void): Promise<LocalServer> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => onData(socket));
  });
  const port = await listen(server);
  return {
    url: new URL(`http://127.0.0.1:${port}/mcp`),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) {
        socket.destroy();
      }
      await closed(server);
    },
  };
}

async function listen(server: TcpServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function closed(server: TcpServer): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve);
  });
}
