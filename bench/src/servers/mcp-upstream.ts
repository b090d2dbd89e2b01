// The least that responds to `tools/call`: what is measured is the way to it, not the tool.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "../serve.ts";

await serve(async () => {
  const server = createServer((request, response) => {
    if (request.method !== "POST") {
      response.writeHead(405).end();
      return;
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { id } = JSON.parse(Buffer.concat(chunks).toString()) as { id: unknown };
      const result = { content: [{ type: "text", text: "42" }], resultType: "complete" };
      const body = JSON.stringify({ jsonrpc: "2.0", id, result });
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ready: { url: `http://127.0.0.1:${port}/mcp` },
    close: async () => void server.close(),
  };
});
