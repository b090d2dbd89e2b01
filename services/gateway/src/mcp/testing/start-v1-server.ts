import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { z } from "zod";

/** How a server built with the first SDK may be set up. */
export interface V1ServerOptions {
  readonly sessions: boolean;
  /** Respond with documents rather than streams. */
  readonly json: boolean;
}

export interface V1Server {
  readonly url: string;
  close(): Promise<void>;
}

/** An MCP server made with the first SDK, which speaks the revisions with sessions. */
export async function startV1Server({ sessions, json }: V1ServerOptions): Promise<V1Server> {
  const open = new Map<string, StreamableHTTPServerTransport>();

  async function connect(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      ...(sessions ? { sessionIdGenerator: randomUUID } : {}),
      enableJsonResponse: json,
      onsessioninitialized: (id) => void open.set(id, transport),
    });
    await buildServer().connect(transport);
    return transport;
  }

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await text(req);
    const id = String(req.headers["mcp-session-id"] ?? "");
    const transport = open.get(id) ?? (await connect());
    await transport.handleRequest(req, res, body === "" ? undefined : JSON.parse(body));
  }

  const server = createServer((req, res) => {
    serve(req, res).catch(() => res.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    close() {
      server.close();
      server.closeAllConnections();
      return Promise.resolve();
    },
  };
}

function buildServer(): McpServer {
  const server = new McpServer({ name: "v1", version: "1" });
  server.registerTool(
    "echo",
    { description: "Returns its text", inputSchema: { text: z.string() } },
    (args) => ({
      content: [{ type: "text", text: args.text }],
    }),
  );
  server.registerTool("fail", { description: "Fails" }, () => ({ content: [], isError: true }));
  server.registerTool("secret", { description: "Not for everybody" }, () => ({ content: [] }));
  return server;
}
