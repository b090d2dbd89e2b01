import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { PEER_STATELESS_REVISION } from "@sark/testkit";
import { respondTo, SESSION_ID } from "./respond.ts";

/** What came to the server: the bytes of a body. */
export interface Received {
  readonly server: string;
  readonly body: Buffer;
}

/** An MCP server that takes what it is given, and tells of every body before it does anything about it. */
export interface RecordingServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startRecordingServer(
  name: string,
  told: (received: Received) => Promise<void>,
): Promise<RecordingServer> {
  const server = createServer((request, response) => {
    serve(name, told, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(
  name: string,
  told: (received: Received) => Promise<void>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await buffer(request);
  if (request.method === "DELETE") {
    response.writeHead(200).end();
    return;
  }
  if (request.method === "GET") {
    // Open until the gateway ends it.
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    return;
  }
  await told({ server: name, body });
  const responses = respondTo(body.toString("utf8"), PEER_STATELESS_REVISION);
  if (responses === null) {
    response.writeHead(202).end();
    return;
  }
  response.writeHead(200, {
    "content-type": "application/json",
    ...(body.includes('"initialize"') ? { "mcp-session-id": SESSION_ID } : {}),
  });
  response.end(responses);
}
