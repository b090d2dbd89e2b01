// A server as people write them: the official SDK, one tool.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { serve } from "../serve.ts";

await serve(async () => {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: "bench", version: "1" });
    server.registerTool(
      "answer",
      { description: "Answers", inputSchema: z.object({ question: z.string(), depth: z.number() }) },
      () => ({ content: [{ type: "text", text: "42" }] }),
    );
    return server;
  });
  const handle = toNodeHandler(handler);
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ready: { url: `http://127.0.0.1:${port}/mcp` },
    close: async () => void server.close(),
  };
});
