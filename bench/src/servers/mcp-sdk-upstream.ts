// A server as people write them: the official SDK, one tool.
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { serve } from "../serve.ts";

await serve(async () => {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: "bench", version: "1" });
    server.registerTool(
      "look-up",
      { description: "Responds", inputSchema: z.object({ question: z.string(), depth: z.number() }) },
      () => ({ content: [{ type: "text", text: "42" }] }),
    );
    return server;
  });
  // Its own type asks for less than Node gives, in a way that exact optional properties do not accept.
  const server = createServer(toNodeHandler(handler) as unknown as RequestListener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ready: { url: `http://127.0.0.1:${port}/mcp` },
    close: async () => void server.close(),
  };
});
